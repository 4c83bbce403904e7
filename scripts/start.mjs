// `npm start`: from a fresh clone to a running hub. The hub runs in this very process, so that signals reach it.
import { setup } from './setup.mjs';

setup();
await import('../dist/server/main.js');
