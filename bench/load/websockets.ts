// A crowd of WebSocket clients that costs little, so that two cores are left to what it measures: raw sockets that read
// the length of each frame and skip its content. One process, the same for all contestants. Started by crowd.ts.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { CrowdOrder, CrowdReport } from '../crowd.ts';

let crowd: Client[] = [];

process.on('message', (order: CrowdOrder) => {
  obey(order).then(
    (report) => process.send!(report),
    (error: Error) => process.send!({ failure: error.message }),
  );
});

async function obey(order: CrowdOrder): Promise<CrowdReport> {
  if (order.what === 'open') crowd = await Promise.all(Array.from({ length: order.sockets }, (_, n) => join(order, n)));
  if (order.what === 'forget') for (const client of crowd) client.forget();
  if (order.what === 'await') await Promise.all(crowd.map((client) => client.has(order.frames)));
  if (order.what === 'close') for (const client of crowd) client.socket.destroy();
  return {
    at: performance.timeOrigin + performance.now(),
    least: Math.min(...crowd.map(({ frames }) => frames)),
    most: Math.max(...crowd.map(({ frames }) => frames)),
    bytes: crowd.reduce((sum, { bytes }) => sum + bytes, 0),
    first: crowd[0]?.first ?? '',
  };
}

/** Sends the messages once the socket is open, each after the answer to the one before. */
function join({ port, protocol, messages }: CrowdOrder & { what: 'open' }, number: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true).once('error', reject);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
        `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`,
    );
    socket.once('data', (answer) => {
      const end = answer.indexOf('\r\n\r\n');
      if (!answer.toString('latin1').startsWith('HTTP/1.1 101') || end < 0)
        return reject(new Error(`no upgrade: ${answer.toString('latin1').slice(0, 200)}`));
      const client = new Client(socket, answer.subarray(end + 4));
      const own = messages.map((message) => message.replaceAll('$socket', String(number)));
      converse(client, own).then(() => resolve(client), reject);
    });
  });
}

async function converse(client: Client, messages: string[]): Promise<void> {
  for (const [place, message] of messages.entries()) {
    client.send(1, Buffer.from(message));
    if (place < messages.length - 1) await client.has(place + 1);
  }
}

class Client {
  readonly socket: Socket;
  frames = 0;
  bytes = 0;
  /** The text of the first frame since the count began: to be looked at by whoever doubts what was counted. */
  first = '';
  private rest: Buffer;
  private waiting: { frames: number; resolve: () => void; reject: (error: Error) => void } | undefined;

  constructor(socket: Socket, rest: Buffer) {
    this.socket = socket;
    this.rest = rest;
    socket.on('data', (chunk) => this.read(chunk as Buffer));
    socket.on('close', () => this.waiting?.reject(new Error('the server closed a socket')));
    this.read(Buffer.alloc(0));
  }

  /** Resolves when so many frames have come since the count began. */
  has(frames: number): Promise<void> {
    if (this.frames >= frames) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting = { frames, resolve, reject };
    });
  }

  forget(): void {
    this.frames = 0;
    this.bytes = 0;
    this.first = '';
  }

  /** What a client sends is masked; with zeros, for nobody here has to be kept from guessing. */
  send(opcode: number, content: Buffer): void {
    const { length } = content;
    const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0x80 | 126, length >> 8, length & 255];
    this.socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), content]));
  }

  private read(chunk: Buffer): void {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    for (let end = frameEnd(data, at); end !== undefined && end.to <= data.length; end = frameEnd(data, at)) {
      const opcode = data[at]! & 15;
      if (opcode === 9) this.send(10, data.subarray(end.from, end.to));
      else if (opcode === 1 || opcode === 2) this.count(data, end.from, end.to);
      at = end.to;
    }
    this.rest = at === data.length ? EMPTY : data.subarray(at);
  }

  private count(data: Buffer, from: number, to: number): void {
    if (this.first === '') this.first = data.toString('utf8', from, to);
    this.frames++;
    this.bytes += to - from;
    if (this.waiting !== undefined && this.frames >= this.waiting.frames) {
      this.waiting.resolve();
      this.waiting = undefined;
    }
  }
}

const EMPTY = Buffer.alloc(0);

/** Where the content of the frame at this place begins and ends; undefined while its head is not all there. */
function frameEnd(data: Buffer, at: number): { from: number; to: number } | undefined {
  if (data.length < at + 2) return undefined;
  const short = data[at + 1]! & 127;
  if (short < 126) return { from: at + 2, to: at + 2 + short };
  const from = at + (short === 126 ? 4 : 10);
  if (data.length < from) return undefined;
  return { from, to: from + (short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2))) };
}
