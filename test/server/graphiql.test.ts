import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath, launchBrowser } from '../support/browser.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const chromium = chromiumPath();
const PATIENCE = { timeout: 20_000 };
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${hub.url}${path}`, { redirect: 'manual', headers });

describe('GraphiQL', () => {
  test('is what a browser gets at /graphql, and / leads there', async () => {
    const page = await get('/graphql', { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect((await get('/')).headers.get('location')).toBe('/graphql');
  });

  test('is compressed, and a browser that has it need not load it again', async () => {
    const first = await get('/graphiql/page.js', { 'accept-encoding': 'gzip' });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    const again = await get('/graphiql/page.js', { 'if-none-match': first.headers.get('etag') as string });
    expect(again.status).toBe(304);
  });

  test('names nothing outside of this hub in its page', async () => {
    const html = await (await get('/graphql', { accept: 'text/html' })).text();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });
});

/** Without a browser on the machine this is skipped, and says so. */
describe.skipIf(chromium === undefined)('GraphiQL in a browser without internet', () => {
  test('runs its examples, and a subscription shows an event', { timeout: 60_000 }, async () => {
    const browser = await launchBrowser(chromium as string);
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));

      await page.goto(hub.url);
      await page.getByLabel('Agent').fill('ada');
      await run(page, 'Look');
      await expect.poll(() => answer(page), PATIENCE).toContain('"agentId": "ada"');

      await run(page, 'TaskEvents');
      await expect.poll(subscribers, PATIENCE).toBe(1);
      await hub.data('mutation { createTask(input: { title: "seen in GraphiQL" }) { task { id } } }');
      await expect.poll(() => answer(page), PATIENCE).toContain('seen in GraphiQL');
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

/** Opens the example of that name and presses the play button. */
async function run(page: Page, example: string): Promise<void> {
  await page.getByTitle(example, { exact: true }).click();
  // GraphiQL writes its query into the address once it has taken notice of the tab.
  await page.waitForURL(new RegExp(example));
  await page.getByRole('button', { name: /execute/i }).click();
}

async function answer(page: Page): Promise<string> {
  const lines = await page.locator('.graphiql-response .view-line').allInnerTexts();
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

async function subscribers(): Promise<number> {
  const metrics = await (await get('/metrics')).text();
  return Number(/^rookery_subscribers (\d+)$/m.exec(metrics)?.[1]);
}
