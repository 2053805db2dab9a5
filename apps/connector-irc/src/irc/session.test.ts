import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { lineEncoding } from '../encoding.ts';
import { IrcSession } from './session.ts';
import type { Said, SessionEnd, SessionHandlers } from './session-events.ts';

/** A session with the test as its server. */
class Scripted {
  readonly clock = new ManualClock();
  readonly session: IrcSession;
  readonly said: Said[] = [];
  readonly refused: string[] = [];
  readonly ends: SessionEnd[] = [];
  readonly #server: Duplex;

  constructor() {
    const [client, server] = duplexPair();
    this.#server = server.resume();
    const none = (): void => undefined;
    const handlers: SessionHandlers = {
      ...{ registered: none, happened: none, noticed: none, ctcp: none, sayingRefused: none, members: none, badLine: none },
      said: (said) => void this.said.push(said),
      joinRefused: (channel, reason) => void this.refused.push(`${channel}: ${reason}`),
      ended: (end) => void this.ends.push(end),
    };
    const settings = {
      ...{ nick: 'eevee', altNicks: [], username: 'eevee', gecos: 'eevee', password: undefined, sasl: undefined },
      ...{ pingIntervalMs: 30_000, pingTimeoutMs: 120_000, encoding: lineEncoding('utf8') },
      dial: () => Promise.resolve(client as unknown as Socket),
    };
    this.session = new IrcSession(settings, handlers, this.clock);
    this.session.open();
  }

  writes(line: string): void {
    this.#server.write(`${line}\r\n`);
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

it('ends when the server keeps sending lines but does not accept the bot', async () => {
  const scripted = new Scripted();
  for (let second = 0; second < 59; second++) {
    await scripted.sends('PING :irc.test');
    scripted.clock.advance(1_000);
  }
  expect(scripted.ends).toEqual([]);
  scripted.clock.advance(1_000);
  expect(scripted.ends).toEqual([{ kind: 'lost', reason: 'the server did not accept the bot within 60 s' }]);
});

it('stays when the server has accepted the bot', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  scripted.clock.advance(61_000);
  expect(scripted.ends).toEqual([]);
});

it('recognizes channels although the server names no channel types', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':irc.test 005 eevee CHANTYPES :are supported by this server');
  expect([scripted.session.isChannel('#eevee'), scripted.session.isChannel('fox'), scripted.session.isChannel('')]).toEqual([
    true,
    false,
    false,
  ]);
});

it('omits an invalid time of the server', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends('@time=99999999999999999 :fox!fox@host PRIVMSG #eevee :late');
  expect(scripted.said.find(({ text }) => text === 'late')).toMatchObject({ timeMs: undefined });
});

it('ends when the server accepts no nick, instead of trying endlessly', async () => {
  const scripted = new Scripted();
  await scripted.sends(...Array.from({ length: 20 }, () => ':irc.test 432 * eevee :Erroneous nickname'));
  expect(scripted.ends).toEqual([]);
  scripted.writes(':irc.test 432 * eevee :Erroneous nickname');
  const reason = 'the server accepts neither eevee nor similar nicks: correct ident.nick';
  await expect.poll(() => scripted.ends).toEqual([{ kind: 'denied', reason }]);
});

it('keeps its nick when the server changes it to an empty one', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':eevee!eevee@host NICK :');
  expect(scripted.session.nick).toBe('eevee');
});

it('treats a forward to another channel as a refusal', async () => {
  const scripted = new Scripted();
  await scripted.lets();
  await scripted.sends(':irc.test 470 eevee #eevee ##overflow :Forwarding to another channel');
  expect(scripted.refused).toEqual(['#eevee: it forwards to ##overflow']);
});
