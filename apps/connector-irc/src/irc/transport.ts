import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { FrameworkTransport } from 'irc-framework';
import type { LineEncoding } from '../encoding.ts';

/** Limit for a line without an end: servers send 512 bytes, preceded by up to 8191 bytes of tags. */
const MAX_LINE_BYTES = 64 * 1024;

/** Limit for bytes that the server has not read yet: more than all lines that may wait. It also bounds the answers to PINGs of such a server. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Dependencies of a transport. */
export interface TransportDeps {
  /** Opens the connection. */
  readonly dial: (signal: AbortSignal) => Promise<Socket>;
  readonly encoding: LineEncoding;
  /** A line could not be handled; the connection continues. */
  readonly onBadLine: (error: unknown) => void;
}

/**
 * Makes the class that `irc-framework` uses as its transport: sockets are opened by `dial`, decoding never fails, and only single lines are
 * written.
 */
export function transportClass(deps: TransportDeps): new () => FrameworkTransport {
  return class extends SocketTransport {
    constructor() {
      super(deps);
    }
  };
}

class SocketTransport extends EventEmitter implements FrameworkTransport {
  readonly #deps: TransportDeps;
  readonly #dialing = new AbortController();
  #socket: Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #closed = false;

  constructor(deps: TransportDeps) {
    super();
    this.#deps = deps;
  }

  connect(): void {
    this.#deps.dial(this.#dialing.signal).then(
      (socket) => this.#use(socket),
      (error: unknown) => this.#close(error),
    );
  }

  writeLine(line: string, done?: () => void): void {
    if (this.#socket === undefined || this.#closed) {
      if (done !== undefined) process.nextTick(done);
      return;
    }
    // The last check: only a single line is written, whatever the caller passes.
    this.#socket.write(this.#deps.encoding.encode(`${line.replaceAll(/[\r\n\0]/g, ' ')}\r\n`), done);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES)
      this.#socket.destroy(new Error(`the server has not read the last ${MAX_UNREAD_BYTES} bytes that the bot sent`));
  }

  close(force = false): void {
    this.#dialing.abort();
    if (this.#socket === undefined || force) this.disposeSocket();
    else this.#socket.end();
  }

  disposeSocket(): void {
    this.#dialing.abort();
    this.#socket?.destroy();
    this.#close(undefined);
  }

  setEncoding(): boolean {
    return true;
  }

  #use(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    let failure: unknown;
    socket.on('error', (error) => (failure = error));
    socket.on('close', () => this.#close(failure));
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.emit('open');
  }

  #close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.emit('close', error ?? false);
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1 && !this.#closed; end = bytes.indexOf(LINE_FEED, start)) {
      this.#handle(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#rest = bytes.subarray(start);
    if (this.#rest.length > MAX_LINE_BYTES) this.#socket?.destroy(new Error(`the server sent a line of more than ${MAX_LINE_BYTES} bytes`));
  }

  #handle(line: Buffer): void {
    try {
      // Neither belongs into a line; servers that forward them must not pass them on to modules.
      this.emit('line', this.#deps.encoding.decode(line).replaceAll(/[\r\0]/g, ''));
    } catch (error) {
      this.#deps.onBadLine(error);
    }
  }
}
