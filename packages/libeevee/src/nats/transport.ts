import { type Socket, createConnection } from 'node:net';
import type { ConnectionOptions, NatsConnection, TlsOptions } from 'nats';
import { NatsConnectionImpl, setTransportFactory } from 'nats/lib/nats-base-client/internal_mod.js';
import { NodeTransport } from 'nats/lib/src/node_transport.js';

/** Captured before a test fakes it: messages must still be sent. */
const nextTurn = setImmediate;

/** Called for every connection attempt, the first one and each reconnect. */
export type OnDial = (transport: ClosableTransport) => void;

/**
 * Calls back when everything that was published before, on any client of this process, has been written to its socket. If the program is
 * killed before the callback, it has published everything and done nothing that depends on it.
 *
 * @example
 * receipt.taken();
 * afterWrites(() => socket.write(line));
 */
export function afterWrites(run: () => void): void {
  // Frames are passed to the transport in a microtask, and written in the next phase of immediates.
  queueMicrotask(() => void nextTurn(run));
}

interface DialOptions extends ConnectionOptions {
  onDial?: OnDial;
  /** Called for every connection attempt that fails: the package reports only the first one's error. */
  onDialFailed?: (error: unknown) => void;
}

/**
 * The TCP transport of the `nats` package, which leaks three sockets that would keep a process from exiting or a client from
 * reconnecting: one whose connect timed out, one whose client was closed while it was connecting, and a stale one that it flushes before
 * giving it up.
 *
 * All that is sent in one turn of the event loop is written in one system call: the package writes after each microtask, which for promises
 * that follow each other is several times a turn.
 */
export class ClosableTransport extends NodeTransport {
  #dialled: Socket | undefined;
  #isCorked = false;

  override connect(server: { hostname: string; port: number; tlsName: string }, options: ConnectionOptions): Promise<void> {
    const { onDial, onDialFailed } = options as DialOptions;
    onDial?.(this);
    // Without a host name, as for an IP address, Node checks the certificate against "localhost".
    const { tls } = options;
    const connected = super.connect(server, tls ? { ...options, tls: { ...tls, host: server.hostname } as TlsOptions } : options);
    connected.catch((error: unknown) => onDialFailed?.(error));
    return connected;
  }

  override dial({ hostname, port }: { hostname: string; port: number }): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host: hostname, port, noDelay: true, keepAlive: true });
      this.#dialled = socket;
      let failure: Error | undefined;
      socket.once('error', (error) => (failure = error));
      socket.once('close', () => reject(failure ?? new Error('connection closed before it was established')));
      socket.once('connect', () => {
        socket.removeAllListeners();
        resolve(socket);
      });
    });
  }

  override async close(error?: Error): Promise<void> {
    // The base class destroys the socket, and with it what waits for the end of this turn.
    this.socket?.uncork();
    await super.close(error);
    // The base class closes nothing before the handshake is done.
    if (!this.connected) this.#dialled?.destroy();
  }

  override disconnect(): void {
    (this.#dialled ?? this.socket)?.destroy();
  }

  override send(frame: Uint8Array): void {
    const { socket } = this;
    if (socket === undefined || this.isClosed) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      nextTurn(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    // A failed write ends the connection, which the base class sees.
    socket.write(frame);
  }

  /** Whether data can be written now. */
  get isOpen(): boolean {
    return this.connected && !this.done && this.#dialled !== undefined && !this.#dialled.destroyed && this.#dialled.writable;
  }
}

/** The factory is global in the `nats` package, and its own `connect` resets it: set it before each dial. */
function useClosableTransport(): void {
  setTransportFactory({ factory: () => new ClosableTransport() });
}

/** The part of a connection of the package that writes commands of the protocol. */
interface Commands {
  readonly protocol?: { sendCommand?: (command: string | Uint8Array, ...payloads: readonly Uint8Array[]) => void };
}

/**
 * Encodes the lines of commands into memory that they share: the package encodes each with a `TextEncoder`, which allocates memory for each,
 * and takes half a microsecond longer.
 */
function encodeCommandsTogether({ protocol }: Commands): void {
  const send = protocol?.sendCommand;
  if (protocol === undefined || typeof send !== 'function') return;
  protocol.sendCommand = (command, ...payloads) => {
    send.call(protocol, typeof command === 'string' ? Buffer.from(command) : command, ...payloads);
  };
}

/**
 * Connects once, to the first server of the list that responds.
 *
 * @throws the NATS client's error when none responds.
 */
export async function dialNats(options: DialOptions & { reconnectDelayHandler: () => number }): Promise<NatsConnection> {
  const dialOptions: DialOptions = {
    ...options,
    // Node resolves host names, as the system does: /etc/hosts, search domains, both address families.
    resolve: false,
    reconnectDelayHandler: () => {
      useClosableTransport();
      return options.reconnectDelayHandler();
    },
  };
  useClosableTransport();
  const connection = await NatsConnectionImpl.connect(dialOptions);
  encodeCommandsTogether(connection as Commands);
  return connection;
}
