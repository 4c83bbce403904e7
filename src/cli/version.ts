import { readFileSync } from 'node:fs';

/** The version of this package, the same from src/cli and from dist/cli. */
export function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
