// A process that says what arrives in its inbox, over a WebSocket, each with the number of tries to connect before it.
import { connect } from 'rookery/client';
import WebSocket from 'ws';

const { ROOKERY_URL: url, AGENT_NAME: agent } = process.env;
const hub = connect({ url, agent, transport: 'ws', webSocket: WebSocket });
let lost = 0;

const onState = (state) => {
  if (state === 'connecting') lost++;
};
for await (const { content } of hub.inbox({ onState })) process.stdout.write(`${JSON.stringify({ content, lost })}\n`);
