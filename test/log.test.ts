import { expect, it } from 'vitest';
import { openLog } from '../src/log.ts';

function logged(write: (log: ReturnType<typeof openLog>) => void): string {
  const lines: string[] = [];
  write(openLog('info', { write: (line: string) => void lines.push(line) }));
  return lines.join('');
}

it('writes one JSON object a line, from its level on', () => {
  const lines = logged((log) => {
    log.debug('quiet');
    log.info({ port: 4000 }, 'listening');
  });
  expect(JSON.parse(lines)).toMatchObject({ level: 30, port: 4000, msg: 'listening' });
});

it('tells no secret, by whatever name or in whatever text it comes', () => {
  const token = `rookery_${'a1B2'.repeat(12)}`;
  const lines = logged((log) => {
    log.info({ token, headers: { authorization: `Bearer ${token}` }, input: { lease: { leaseToken: 's3cret' } } });
    log.info({ databaseUrl: 'postgres://hub:s3cret@db/rookery' });
    log.warn(new Error(`no such token: ${token}`));
    log.warn(`sent "Authorization: Bearer s3cret.s3cret"`);
  });
  expect(lines).not.toMatch(/s3cret|a1B2/);
  expect(lines).toContain('no such token: [redacted]');
});

it('leaves out the connection that pg hangs on its errors', () => {
  const error = Object.assign(new Error('terminated'), { code: '57P01', client: { host: 'internals' } });
  const line = logged((log) => log.warn({ err: error }, 'lost'));
  expect(line).toContain('57P01');
  expect(line).not.toContain('internals');
});
