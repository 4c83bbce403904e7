import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PAGE, PAGE_CSS, PAGE_JS, WORKERS_JS } from './graphiql-page.ts';

interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly gzipped: Buffer;
}

type Render = () => string | Promise<string>;

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** Everything comes from this hub. Monaco, the editor in GraphiQL, sets styles inline and shows icons as data. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The package's 9 MB are loaded when GraphiQL is first opened, not when the hub starts. */
const graphiql = () => import('@graphql-yoga/render-graphiql/graphiql');

const FILES: Readonly<Record<string, readonly [contentType: string, render: Render]>> = {
  '/graphql': ['text/html; charset=utf-8', () => PAGE],
  '/graphiql/page.css': [STYLE, () => PAGE_CSS],
  '/graphiql/page.js': [SCRIPT, () => PAGE_JS],
  '/graphiql/workers.js': [SCRIPT, () => WORKERS_JS],
  '/graphiql/graphiql.js': [SCRIPT, async () => (await graphiql()).js],
  '/graphiql/graphiql.css': [STYLE, async () => (await graphiql()).css],
  '/graphiql/editor.worker.js': [SCRIPT, async () => (await graphiql()).editorWorkerService],
  '/graphiql/json.worker.js': [SCRIPT, async () => (await graphiql()).jsonWorker],
  '/graphiql/graphql.worker.js': [SCRIPT, async () => (await graphiql()).graphqlWorker],
};

const assets = new Map<string, Promise<Asset>>();

/** True for GraphiQL's own files, and for /graphql when a browser asks for a page. */
export function isGraphiql(path: string, { method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  if (path === '/graphql') return headers.accept?.includes('text/html') === true;
  return FILES[path] !== undefined;
}

/** Serves one file, compressed once and kept; a browser that has it already is told so. */
export async function serveGraphiql(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { contentType, etag, gzipped } = await assetAt(path);
  res.setHeader('etag', etag);
  res.setHeader('cache-control', 'no-cache');
  res.setHeader('vary', 'accept');
  res.setHeader('content-security-policy', POLICY);
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('referrer-policy', 'no-referrer');
  if (req.headers['if-none-match'] === etag) {
    res.writeHead(304).end();
    return;
  }
  res.writeHead(200, { 'content-type': contentType, 'content-encoding': 'gzip', 'content-length': gzipped.length });
  res.end(req.method === 'HEAD' ? undefined : gzipped);
}

function assetAt(path: string): Promise<Asset> {
  let asset = assets.get(path);
  if (asset === undefined) {
    asset = makeAsset(...(FILES[path] as (typeof FILES)[string]));
    assets.set(path, asset);
  }
  return asset;
}

async function makeAsset(contentType: string, render: Render): Promise<Asset> {
  const text = await render();
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  return { contentType, etag, gzipped: await promisify(gzip)(text) };
}
