import { createContext, runInContext } from 'node:vm';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const { url } = await testHub();

const WEB = {
  AbortController,
  AbortSignal,
  URL,
  TextDecoder,
  TextEncoder,
  Error,
  fetch,
  crypto,
  performance,
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
};

test('bundled, the client imports nothing, and needs no more than what a page has', async () => {
  const { outputFiles, metafile } = buildSync({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    globalName: 'rookery',
    platform: 'browser',
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((path) => !path.startsWith('src/client/'))).toEqual([]);
  const [output] = Object.values(metafile.outputs);
  expect(output?.imports).toEqual([]);

  const page = createContext({ ...WEB, url });
  runInContext(outputFiles[0]?.text ?? '', page);
  const program = `(async () => {
    const hub = rookery.connect({ url, agent: 'page' });
    await hub.messages.send({ to: 'page', content: 'hello' });
    for await (const { content } of hub.inbox()) return content;
  })()`;
  expect(await runInContext(program, page)).toBe('hello');
  const refusal = `rookery.connect({ url, agent: 'page' }).tasks.release({ id: '1', leaseToken: 'x' })
    .catch((error) => error instanceof rookery.NotFound && error.code)`;
  expect(await runInContext(refusal, page)).toBe('NOT_FOUND');
});
