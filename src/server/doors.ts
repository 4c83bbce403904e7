import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { RookeryError } from '../errors.ts';

/** What every request and every WebSocket upgrade passes before anything looks at it. */
export interface Doors {
  /** Throws `FORBIDDEN` for what a foreign web page may have sent. */
  check(headers: IncomingHttpHeaders): void;
}

/**
 * Any website a person visits can send requests to a hub on their own machine. Two things tell them apart:
 *
 * - `Host`: a page that points its own domain name at 127.0.0.1 (DNS rebinding) still sends that name. So only names that
 *   are known to be this hub's are served: loopback, HOST, ALLOWED_HOSTS, and IP addresses, which need no DNS.
 * - `Origin` (and `Sec-Fetch-Site`, where there is no Origin): who made the request. Only the hub's own pages and
 *   ALLOWED_ORIGINS may. Programs other than browsers send neither.
 */
export function createDoors(options: {
  host: string;
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
}): Doors {
  const hosts = new Set(['localhost', options.host, ...options.allowedHosts].map((name) => name.toLowerCase()));
  const origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));

  const knownHost = (host: string) => {
    const name = hostName(host);
    return hosts.has(name) || isIP(name) !== 0 || name.endsWith('.localhost') || hosts.has('*');
  };

  return {
    check({ host, origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode }) {
      if (host === undefined || !knownHost(host))
        throw new RookeryError(
          'FORBIDDEN',
          `This hub is not known as ${host ?? '(no Host header)'}: add the name to ALLOWED_HOSTS.`,
        );
      if (origin === undefined) {
        if (site === 'cross-site' && mode !== 'navigate')
          throw new RookeryError('FORBIDDEN', 'Pages of other sites may not use this hub.');
      } else if (!isOwn(origin, host) && !origins.has(origin.toLowerCase()))
        throw new RookeryError('FORBIDDEN', `Pages of ${origin} may not use this hub: add it to ALLOWED_ORIGINS.`);
    },
  };
}

/** Pages of allowed origins may read the answers; credentials are never taken from a browser's own store. */
export function allowOrigin({ headers: { origin, host } }: IncomingMessage, res: ServerResponse): void {
  if (origin === undefined || isOwn(origin, host ?? '')) return;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader(
    'access-control-allow-headers',
    'accept, authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id, x-agent, x-instance, x-request-id',
  );
  res.setHeader('access-control-allow-methods', 'GET, POST');
  res.setHeader('access-control-expose-headers', 'mcp-session-id, x-request-id');
  res.setHeader('access-control-max-age', '600');
  res.setHeader('vary', 'origin');
}

/** A page that this hub itself served; behind a proxy that speaks TLS its origin is https. */
function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** `[::1]:4000` is `::1`, `localhost:4000` is `localhost`. */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
}
