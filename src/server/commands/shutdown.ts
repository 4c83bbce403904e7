import type { Logger } from '../../log.ts';

export interface Shutdown {
  /** Settles with the first SIGTERM, SIGINT or SIGHUP, or an error that nobody caught (the exit code is 1 then). */
  readonly asked: Promise<void>;
  /** All is closed: ends the process, whatever handle somebody forgot. */
  done(): never;
}

/** npm passes on the Ctrl-C that the terminal has already sent to the whole group: one keystroke, two signals. */
const SAME_KEYSTROKE_MS = 500;
/** What stopping PostgreSQL may take on top of the drain. */
const GRACE_SECONDS = 4.5;

/** The first signal asks to stop in good order, the second to stop now. */
export function awaitShutdown(log: Logger, drainSeconds: number): Shutdown {
  let askedAt: number | undefined;
  const asked = new Promise<void>((resolve) => {
    const begin = () => {
      askedAt = performance.now();
      const giveUp = () => {
        log.error('stopping took too long: giving up on it');
        process.exit(1);
      };
      setTimeout(giveUp, (drainSeconds + GRACE_SECONDS) * 1000).unref();
      resolve();
    };
    const onSignal = (signal: NodeJS.Signals) => {
      if (askedAt === undefined) {
        log.info({ signal }, 'stopping; a second signal stops at once');
        begin();
      } else if (performance.now() - askedAt > SAME_KEYSTROKE_MS) process.exit(130);
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
    process.on('uncaughtException', (error) => {
      log.fatal(error, 'an error that nobody caught: stopping');
      process.exitCode = 1;
      if (askedAt === undefined) begin();
    });
  });
  return { asked, done: () => process.exit() };
}
