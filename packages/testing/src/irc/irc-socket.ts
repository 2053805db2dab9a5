import { connect, type Socket } from 'node:net';
import { eventually } from '../waiting/eventually.ts';

/** A line that the server sent about a channel. */
export interface SeenLine {
  /** Nick of the sender. */
  readonly nick: string;
  readonly command: 'PRIVMSG' | 'JOIN' | 'QUIT';
  /** Text or reason; empty for JOIN. */
  readonly text: string;
}

/** For {@link IrcSocket.join}. */
export interface IrcSocketOptions {
  /** Port on loopback. */
  readonly port: number;
  readonly nick: string;
  readonly channel: string;
  /** Called for each line; {@link IrcSocket.onLine} replaces it. */
  readonly onLine?: (line: SeenLine) => unknown;
  /** The server has closed the connection. */
  readonly onEnd?: () => void;
}

const LINE = /^:([^! ]+)!\S+ (PRIVMSG|JOIN|QUIT) ?[^: ]* ?:?(.*)$/;

/**
 * A user in one channel with a client of a few lines, which costs less than the measured programs. `IrcPerson` is a complete client.
 */
export class IrcSocket implements Disposable {
  /** Nicks that were in the channel at the join. */
  readonly members = new Set<string>();
  /** Called for each line that the server sends about the channel. */
  onLine: (line: SeenLine) => unknown;
  readonly #socket: Socket;
  readonly #channel: string;
  #joined = false;
  #ended = false;
  #rest = '';

  private constructor({ port, nick, channel, onLine, onEnd }: IrcSocketOptions) {
    this.#channel = channel;
    this.onLine = onLine ?? (() => undefined);
    this.#socket = connect(port, '127.0.0.1').setEncoding('utf8').setNoDelay(true);
    this.#socket.on('data', (chunk: string) => this.#read(chunk));
    // Every error is followed by the end.
    this.#socket.on('error', () => undefined);
    this.#socket.once('close', () => {
      this.#ended = true;
      onEnd?.();
    });
    this.send(`NICK ${nick}\r\nUSER ${nick} 0 * :${nick}`);
  }

  /**
   * Connects and joins the channel.
   *
   * @throws Error when the server refuses or closes the connection before.
   */
  static async join(options: IrcSocketOptions): Promise<IrcSocket> {
    const client = new IrcSocket(options);
    await eventually(() => client.#joined || client.#ended, { what: `${options.nick} to join ${options.channel}`, intervalMs: 5 });
    if (!client.#joined) throw new Error(`the server ended the connection of ${options.nick} before it was in ${options.channel}`);
    return client;
  }

  /** Whether the connection has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Says a line in the channel. */
  says(text: string): void {
    this.send(`PRIVMSG ${this.#channel} :${text}`);
  }

  /** Sends a line of the protocol. */
  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\r\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#handle(line);
  }

  #handle(line: string): void {
    const [, nick, command, text = ''] = LINE.exec(line) ?? [];
    if (nick !== undefined) this.onLine({ nick, command: command as SeenLine['command'], text: command === 'JOIN' ? '' : text });
    else if (line.startsWith('PING')) this.send(line.replace('PING', 'PONG'));
    else this.#handleNumeric(/^:\S+ (\d{3}) [^:]*:(.*)$/.exec(line) ?? []);
  }

  #handleNumeric([, numeric, text = '']: readonly string[]): void {
    // The end of the greeting, or that it has no message of the day.
    if (numeric === '376' || numeric === '422') this.send(`JOIN ${this.#channel}`);
    if (numeric === '353') for (const name of text.split(' ')) this.members.add(name.replace(/^[~&@%+]/, ''));
    if (numeric === '366') this.#joined = true;
  }
}
