import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { SUPERUSER } from './embedded-cluster.ts';

/** How to reach the embedded server: password and port, remembered between starts so that scripts may keep them. */
export interface Address {
  readonly password: string;
  readonly port: number;
}

export const DATABASE = 'rookery';

export async function newAddress(): Promise<Address> {
  return { password: randomBytes(24).toString('base64url'), port: await freePort() };
}

export function urlOf({ password, port }: Address, database = DATABASE): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;
}

export async function readAddress(file: string): Promise<Address | undefined> {
  const content = await readFile(file, 'utf8').catch(() => '');
  if (!URL.canParse(content)) return undefined;
  const { password, port } = new URL(content);
  return { password, port: Number(port) };
}

export async function writeAddress(file: string, address: Address): Promise<void> {
  await writeFile(`${file}.new`, `${urlOf(address)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** A port of the loopback interface that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
