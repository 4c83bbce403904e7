import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

export type { Logger };

const SECRETS = ['authorization', 'token', 'leaseToken', 'password', 'databaseUrl', 'listenUrl', 'cookie'];

/**
 * One log a process, on standard error: standard output belongs to what a command answers. JSON lines, but readable ones
 * on a terminal where pino-pretty is installed (it is a development dependency).
 */
export function openLog(level: string, destination: DestinationStream = defaultDestination()): Logger {
  return pino(
    {
      level,
      base: undefined,
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
      serializers: { err: describeError },
      hooks: { streamWrite: maskTokens },
    },
    destination,
  );
}

/** Without the connection that pg hangs on its errors: pages of internals, and where the server is. */
function describeError(error: Error & { client?: unknown }): object {
  const { client: _, ...rest } = stdSerializers.err(error);
  return rest;
}

/** Redaction goes by the name of a field; this catches the token that travels inside some other text. */
function maskTokens(line: string): string {
  return line.replace(/rookery_[0-9A-Za-z]{20,}|(?<=Bearer\s+)[\w.~+/-]+/gi, '[redacted]');
}

function defaultDestination(): DestinationStream {
  const plain = pino.destination({ fd: 2, sync: true });
  if (!process.stderr.isTTY) return plain;
  try {
    const pretty = createRequire(import.meta.url)('pino-pretty');
    return pretty({ destination: plain, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true });
  } catch {
    return plain;
  }
}
