// What is measured, logged and spent, and how the system is. Shared by all, but for the calls of language models.
import './events.ts';
import './llm.ts';
import './metrics.ts';
import './overview.ts';
