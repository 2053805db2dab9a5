import { type EventuallyOptions, eventually } from '../waiting/eventually.ts';
import { type FrameworkClient, type FrameworkEvent, frameworkClient } from './framework.ts';

/** A line in the IRC client of a simulated user. */
export interface IrcLine {
  readonly kind: 'message' | 'action' | 'notice' | 'ctcp-reply' | 'join' | 'part' | 'quit' | 'kick' | 'nick' | 'topic' | 'invite' | 'error';
  /** Nick of the sender; empty for the server. */
  readonly nick: string;
  /** Channel or nick of the recipient; empty without one. */
  readonly target: string;
  /** Text, reason, new nick, topic, or the nick that was kicked. */
  readonly text: string;
}

/** For {@link joinIrc}. */
export interface IrcPersonOptions {
  readonly host?: string;
  readonly port: number;
  readonly nick: string;
  readonly username?: string;
  /** Password of the server. */
  readonly password?: string | undefined;
  /** Account and password for SASL. */
  readonly account?: { readonly account: string; readonly password: string };
  /** Use TLS, and trust any certificate. */
  readonly tls?: boolean;
  /** Character set of the client. */
  readonly encoding?: string;
}

/**
 * Connects a simulated user with a real IRC client and waits until the server has accepted the connection.
 *
 * @example
 * await using fox = await joinIrc({ port: server.port, nick: 'fox' });
 * await fox.join('#eevee');
 * fox.says('#eevee', '!echo hello');
 * await fox.sees({ kind: 'message', nick: 'eevee', text: 'hello' });
 */
export async function joinIrc(options: IrcPersonOptions): Promise<IrcPerson> {
  const person = new IrcPerson(options);
  try {
    await person.connected();
    return person;
  } catch (error) {
    await person[Symbol.asyncDispose]();
    throw error;
  }
}

/** A simulated user of an IRC client, with all received lines. */
export class IrcPerson implements AsyncDisposable {
  /** Everything seen so far, in order. */
  readonly transcript: IrcLine[] = [];
  /** Lines as the server sent them. */
  readonly raw: string[] = [];
  readonly #client: FrameworkClient = frameworkClient();
  #registered = false;
  #ended = false;

  /** Made by {@link joinIrc}. */
  constructor({ host = '127.0.0.1', port, nick, username = nick, tls = false, ...options }: IrcPersonOptions) {
    this.#keep();
    this.#client.connect({
      host,
      port,
      nick,
      username,
      gecos: nick,
      auto_reconnect: false,
      tls,
      rejectUnauthorized: false,
      // Otherwise the client would use the server's password for an account.
      account: options.account ?? {},
      enable_chghost: true,
      version: 'a user',
      message_max_length: 10_000,
      ...(options.password === undefined ? {} : { password: options.password }),
      ...(options.encoding === undefined ? {} : { encoding: options.encoding }),
    });
  }

  /** Nick that the server confirmed. */
  get nick(): string {
    return this.#client.user.nick;
  }

  /** Whether the server has closed the connection. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Waits until the server has accepted the connection. */
  async connected(): Promise<void> {
    await eventually(() => this.#registered || this.#ended, { what: 'the server to accept a user', timeoutMs: 60_000, intervalMs: 10 });
    if (!this.#registered) throw new Error(`the server refused the connection: ${this.raw.slice(-3).join(' | ')}`);
  }

  /** Joins a channel and waits until they are in it. */
  async join(channel: string, key?: string): Promise<void> {
    this.#client.raw('JOIN', channel, ...(key === undefined ? [] : [key]));
    await this.sees({ kind: 'join', nick: this.nick, target: channel });
  }

  /** Sends one line unchanged to a channel or a nick. */
  says(target: string, text: string): void {
    this.#client.raw(`PRIVMSG ${target} :${text}`);
  }

  /** Sends an action, like `/me`. */
  acts(target: string, text: string): void {
    this.#client.raw(`PRIVMSG ${target} :\u0001ACTION ${text}\u0001`);
  }

  /** Sends a line of the protocol. */
  sends(line: string): void {
    this.#client.raw(line);
  }

  /** Received lines that match. */
  seen(like: Partial<IrcLine>): IrcLine[] {
    const wanted = Object.entries(like) as [keyof IrcLine, string][];
    return this.transcript.filter((line) => wanted.every(([key, value]) => line[key] === value));
  }

  /** Texts of the messages from a nick. */
  heardFrom(nick: string): string[] {
    return this.seen({ kind: 'message', nick }).map(({ text }) => text);
  }

  /**
   * Waits for a line that matches.
   *
   * @returns the first one.
   */
  async sees(like: Partial<IrcLine>, options: EventuallyOptions = {}): Promise<IrcLine> {
    try {
      return await eventually(() => this.seen(like)[0], {
        what: `${this.nick} to see ${JSON.stringify(like)}`,
        intervalMs: 10,
        ...options,
      });
    } catch (error) {
      const last = this.transcript.slice(-10).map((line) => JSON.stringify(line));
      throw new Error(`${this.nick} did not see ${JSON.stringify(like)}; last seen:\n${last.join('\n')}`, { cause: error });
    }
  }

  /** Waits until a nick is in a channel of this user, also if it joined before. */
  async seesIn(channel: string, nick: string): Promise<void> {
    await eventually(
      () => {
        if (this.raw.some((line) => namesIn(line, channel).includes(nick))) return true;
        this.sends(`NAMES ${channel}`);
        return false;
      },
      { what: `${nick} in ${channel}`, intervalMs: 200 },
    );
  }

  /** Leaves the server. */
  async quits(reason = 'bye'): Promise<void> {
    if (this.#ended) return;
    this.#client.quit(reason);
    await eventually(() => this.#ended, { what: `${this.nick} to leave`, intervalMs: 10, timeoutMs: 10_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.quits().catch(() => undefined);
  }

  #keep(): void {
    const on = (event: string, line: (event: FrameworkEvent) => IrcLine): void =>
      this.#client.on(event, (happened) => void this.transcript.push(line(happened)));
    const by = ({ nick = '' }: FrameworkEvent): string => nick;
    on('privmsg', (event) => ({ kind: 'message', nick: by(event), target: event.target ?? '', text: event.message ?? '' }));
    on('action', (event) => ({ kind: 'action', nick: by(event), target: event.target ?? '', text: event.message ?? '' }));
    on('notice', (event) => ({ kind: 'notice', nick: by(event), target: event.target ?? '', text: event.message ?? '' }));
    on('ctcp response', (event) => ({ kind: 'ctcp-reply', nick: by(event), target: event.target ?? '', text: event.message ?? '' }));
    on('join', (event) => ({ kind: 'join', nick: by(event), target: event.channel ?? '', text: '' }));
    on('part', (event) => ({ kind: 'part', nick: by(event), target: event.channel ?? '', text: event.message ?? '' }));
    on('quit', (event) => ({ kind: 'quit', nick: by(event), target: '', text: event.message ?? '' }));
    on('kick', (event) => ({ kind: 'kick', nick: by(event), target: event.channel ?? '', text: event.kicked ?? '' }));
    on('nick', (event) => ({ kind: 'nick', nick: by(event), target: '', text: event.new_nick ?? '' }));
    on('topic', (event) => ({ kind: 'topic', nick: by(event), target: event.channel ?? '', text: event.topic ?? '' }));
    on('invite', (event) => ({ kind: 'invite', nick: by(event), target: event.channel ?? '', text: '' }));
    on('irc error', (event) => ({ kind: 'error', nick: '', target: event.channel ?? '', text: event.reason ?? event.error ?? '' }));
    this.#client.on('raw', ({ line, from_server }) => {
      if (from_server === true && line !== undefined) this.raw.push(line.trimEnd());
    });
    this.#client.on('registered', () => (this.#registered = true));
    this.#client.on('close', () => (this.#ended = true));
  }
}

/** Nicks that a line of the protocol lists for a channel. */
function namesIn(line: string, channel: string): readonly string[] {
  const [head = '', names = ''] = line.split(' :');
  return / 353 /.test(head) && head.endsWith(` ${channel}`) ? names.split(' ').map((name) => name.replace(/^[~&@%+]/, '')) : [];
}
