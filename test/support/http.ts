import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  /** A list is sent in pieces, without a Content-Length. */
  body?: string | readonly (string | Buffer)[];
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON. */
  readonly json: {
    data?: Record<string, unknown>;
    errors?: { message: string; extensions: Record<string, unknown> }[];
  };
}

/** A request with nothing added and nothing taken away: `fetch` would not let a test send a foreign Host or Origin. */
export async function rawRequest(
  url: string,
  { method = 'POST', path = '/graphql', headers = {}, body }: RawRequest = {},
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const req = request({ hostname, port, method, path, headers });
  if (typeof body === 'string') req.end(body);
  else {
    for (const piece of body ?? []) req.write(piece);
    req.end();
  }
  const [res] = await once(req, 'response');
  let text = '';
  for await (const chunk of res.setEncoding('utf8')) text += chunk;
  return {
    status: res.statusCode,
    headers: res.headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

/** The commonest request, with more or other headers. */
export function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<RawResponse> {
  return rawRequest(url, { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
}
