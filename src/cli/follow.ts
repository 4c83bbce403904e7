import type { Stream, StreamOptions } from '../client/index.ts';
import { EXIT, Failure } from './exit-codes.ts';
import type { Tq } from './tq.ts';

/**
 * Shows a stream until Ctrl-C, which ends it in good order. A lost connection is said once, and so is its return; the
 * client resumes by itself. Only the first connection has to succeed at once: a hub that is down is an error then.
 */
export async function follow<Event>(
  tq: Tq,
  open: (options: StreamOptions) => Stream<Event>,
  show: (event: Event) => Promise<void>,
): Promise<void> {
  const { operations } = await import('../client/index.ts');
  await (await tq.hub()).request(operations.FeedCursor, {}, tq.call);
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.once('SIGINT', stop);
  let lost = false;
  const stream = open({
    signal: abort.signal,
    onState(state, error) {
      if (state === 'connecting' && !lost) {
        lost = true;
        tq.out.say(`tq: ${error?.message ?? 'The hub ended the stream.'} Trying again.`);
      } else if (state === 'catching up' && lost) {
        lost = false;
        tq.out.say('tq: Connected again; what was missed comes first.');
      }
    },
  });
  try {
    for await (const event of stream) await show(event);
  } finally {
    process.removeListener('SIGINT', stop);
  }
  const resume = stream.cursor === undefined ? '' : ` To go on from here: --after ${stream.cursor}`;
  throw new Failure(EXIT.interrupted, `Interrupted.${resume}`);
}
