import './database-health.ts';
import './kpis.ts';
import './retention.ts';
