// A load generator that costs little, so that two cores are left to what it measures: raw sockets, one request in flight
// on each, bytes prepared once. It reads just enough HTTP to find the end of an answer, and counts as failed what is not
// status 200, carries errors, or lacks what was asked for. Started by drive.ts, which sends it orders.
import { connect, type Socket } from 'node:net';
import type { HttpLoad, HttpOutcome, Step } from '../drive.ts';

process.on('message', (load: HttpLoad) => {
  run(load).then(
    (outcome) => process.send!(outcome),
    (error: Error) => process.send!({ failure: error.message }),
  );
});

async function run(load: HttpLoad): Promise<HttpOutcome> {
  const outcome: HttpOutcome = { completed: 0, failed: 0, perSecond: 0, firstFailure: null };
  const connections = await Promise.all(Array.from({ length: load.connections }, (_, n) => Connection.open(load, n)));
  const start = performance.now();
  const until = start + load.seconds * 1_000;
  await Promise.all(connections.map((connection) => converse(connection, load, until, outcome)));
  outcome.perSecond = outcome.completed / ((performance.now() - start) / 1_000);
  for (const connection of connections) connection.close();
  return outcome;
}

/** Goes through the steps again and again. What has begun before the end is finished, and counts, and so does its time. */
async function converse(connection: Connection, load: HttpLoad, until: number, outcome: HttpOutcome): Promise<void> {
  const prepared = load.steps.map((step) => (step.uses === undefined ? connection.request(step.body) : undefined));
  while (performance.now() < until) {
    const captured: Record<string, string> = {};
    let failure: string | null = null;
    for (const [place, step] of load.steps.entries()) {
      const answer = await connection.send(prepared[place] ?? connection.request(filled(step, captured)));
      failure = faultOf(answer, step);
      if (failure !== null) break;
      for (const [name, pattern] of Object.entries(step.captures ?? {}))
        captured[name] = new RegExp(pattern).exec(answer)?.[1] ?? '';
    }
    if (failure === null) outcome.completed++;
    else {
      outcome.failed++;
      outcome.firstFailure ??= failure;
    }
  }
}

function filled({ body, uses = [] }: Step, captured: Record<string, string>): string {
  return uses.reduce((text, name) => text.replace(`$${name}`, captured[name] ?? ''), body);
}

function faultOf(answer: string, { expect }: Step): string | null {
  const sound = answer.startsWith('HTTP/1.1 200') && !answer.includes('"errors":[') && answer.includes(expect);
  return sound ? null : answer.slice(0, 600);
}

class Connection {
  private readonly socket: Socket;
  private readonly head: string;
  private readonly number: number;
  private answer = '';
  private resolve: (answer: string) => void = () => {};
  private reject: (error: Error) => void = () => {};

  static open(load: HttpLoad, number: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(load.port, '127.0.0.1', () => resolve(new Connection(load, number, socket)));
      socket.setNoDelay(true).setEncoding('latin1').once('error', reject);
    });
  }

  private constructor({ port, path, headers }: HttpLoad, number: number, socket: Socket) {
    this.socket = socket;
    this.number = number;
    const all = {
      host: `127.0.0.1:${port}`,
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    this.head = `POST ${path} HTTP/1.1\r\n${lines.join('')}`.replaceAll('$connection', String(number));
    socket.on('data', (text: string) => this.receive(text));
    socket.on('error', (error) => this.reject(error));
    socket.on('close', () => this.reject(new Error('the server closed the connection')));
  }

  request(body: string): Buffer {
    const own = body.replaceAll('$connection', String(this.number));
    return Buffer.from(`${this.head}content-length: ${Buffer.byteLength(own)}\r\n\r\n${own}`);
  }

  send(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.answer = this.answer === '' ? text : this.answer + text;
    if (!isWhole(this.answer)) return;
    const { answer } = this;
    this.answer = '';
    this.resolve(answer);
  }
}

/** Latin-1 text, so that one character is one byte. */
function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const head = answer.slice(0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= headEnd + 4 + Number(length);
}
