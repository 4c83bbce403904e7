import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Sink } from '../graphql/subscriber.ts';

/** What the streams of a socket may have waiting to be sent, in bytes; then they wait, and read the table from where they are. */
const MAX_QUEUED = 64 * 1024;

/** The sending side of one socket, shared by its streams. */
export class Outgoing {
  private readonly socket: WebSocket;
  /** The bytes below the socket, for their back-pressure. */
  private readonly raw: Duplex;
  private gathering = false;
  /** Resolves when there is room again; one for all streams that wait. */
  private room: Promise<void> | undefined;

  constructor(socket: WebSocket, raw: Duplex) {
    this.socket = socket;
    this.raw = raw;
  }

  /** True while what was written has not left. */
  get congested(): boolean {
    return this.raw.writableNeedDrain;
  }

  /** Writes the results of one operation, text already, as its `next` messages. */
  sink(id: string): Sink {
    const { socket, raw } = this;
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    return {
      send: (json) => {
        if (socket.readyState !== socket.OPEN) return true;
        this.gather();
        socket.send(`${head}${json}}`);
        return raw.writableLength < MAX_QUEUED;
      },
      drained: () => this.drained(),
    };
  }

  /** The events of one moment leave in one system call, not in one each: a burst costs a third of the CPU so. */
  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    this.raw.cork();
    process.nextTick(() => {
      this.gathering = false;
      this.raw.uncork();
    });
  }

  private drained(): Promise<void> {
    const { raw } = this;
    if (!raw.writableNeedDrain || raw.destroyed) return Promise.resolve();
    this.room ??= new Promise((resolve) => {
      const settle = () => {
        raw.off('drain', settle);
        raw.off('close', settle);
        this.room = undefined;
        resolve();
      };
      raw.on('drain', settle);
      raw.on('close', settle);
    });
    return this.room;
  }
}
