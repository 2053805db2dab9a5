import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { expect } from 'vitest';
import { lineEncoding } from '../src/encoding.ts';
import type { Happened, Said, SessionEnd, SessionHandlers } from '../src/irc/session-events.ts';
import type { SessionSettings } from '../src/irc/session-settings.ts';
import { IrcSession } from '../src/irc/session.ts';
import { ManualClock } from './manual-clock.ts';

/** A session with the test as its server. */
export class Scripted {
  readonly clock = new ManualClock();
  readonly session: IrcSession;
  readonly said: Said[] = [];
  readonly refused: string[] = [];
  readonly ends: SessionEnd[] = [];
  readonly ctcp: string[] = [];
  readonly renamed: string[] = [];
  readonly happened: Happened[] = [];
  /** How often the options of the server were reported. */
  greetings = 0;
  /** Lines that the session has sent. */
  sent = '';
  readonly #server: Duplex;
  readonly #client: Duplex;

  constructor(over: Partial<SessionSettings> = {}) {
    const [client, server] = duplexPair();
    this.#client = client;
    this.#server = server.on('data', (chunk: Buffer) => (this.sent += chunk.toString()));
    const none = (): void => undefined;
    const handlers: SessionHandlers = {
      greeted: () => void this.greetings++,
      ...{ registered: none, noticed: none, sayingRefused: none, members: none, badLine: none, ponged: none },
      happened: (event) => void this.happened.push(event),
      ctcp: (nick, type, argument) => void this.ctcp.push(`${nick} ${type} ${argument}`),
      said: (said) => void this.said.push(said),
      channelRenamed: (from, to) => void this.renamed.push(`${from} ${to}`),
      joinRefused: (channel, reason) => void this.refused.push(`${channel}: ${reason}`),
      ended: (end) => void this.ends.push(end),
    };
    const settings = {
      ...{ nick: 'eevee', altNicks: [], username: 'eevee', gecos: 'eevee', password: undefined, sasl: undefined },
      ...{ pingIntervalMs: 30_000, pingTimeoutMs: 120_000, encoding: lineEncoding('utf8'), isTls: false },
      dial: () => Promise.resolve(client as unknown as Socket),
      ...over,
    };
    this.session = new IrcSession(settings, handlers, this.clock);
    this.session.open();
  }

  writes(line: string): void {
    this.#server.write(`${line}\r\n`);
  }

  /** The server closes the connection. @param error the connection breaks instead. */
  closes(error?: Error): void {
    this.#client.destroy(error);
  }

  /** The server sends lines, then one of fox, which the test waits for. */
  async sends(...lines: readonly string[]): Promise<void> {
    const before = this.said.length;
    for (const line of [...lines, ':fox!fox@host PRIVMSG #eevee :done']) this.writes(line);
    await expect.poll(() => this.said.slice(before).some(({ text }) => text === 'done')).toBe(true);
  }

  async lets(): Promise<void> {
    await this.sends(':irc.test 001 eevee :Welcome', ':irc.test 376 eevee :End of MOTD');
  }
}
