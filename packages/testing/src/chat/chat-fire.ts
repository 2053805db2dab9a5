import { eventually } from '../waiting/eventually.ts';
import { IrcSocket, type SeenLine } from '../irc/irc-socket.ts';
import { BOT, type BotPart, type BotProcesses } from './bot-processes.ts';
import { type LineHistory, type Outage, type Tally, tally } from './tally.ts';

/** Interval at which users check whether it is their turn, in milliseconds. */
const TICK_MS = 5;

/** Number and rate of the lines, and the parts that are killed. */
export interface ChatFireOptions {
  readonly people: number;
  /** Minimum number of lines: users continue until the bot works again after the last kill. */
  readonly lines: number;
  readonly linesPerSecond: number;
  /** Parts to kill, one after the other, spread over the lines. */
  readonly kills: readonly BotPart[];
  readonly onOutage?: (outage: Outage) => void;
}

interface Line {
  readonly saidMs: number;
  relayedMs: number | undefined;
  botWasThere: boolean;
  readonly answeredMs: number[];
}

/**
 * Users send numbered lines to a bot while its parts are killed and restarted in turn; counts lost and duplicate answers.
 *
 * One more user watches the channel and sees the lines, the answers and the bot's joins and quits in the order in which the IRC server
 * forwarded them to the bot.
 *
 * @example
 * await using bot = await BotProcesses.start();
 * const { doubled, unexplained } = await playChatFire(bot, { people: 20, lines: 600, linesPerSecond: 100, kills: ['router'] });
 */
export async function playChatFire(bot: BotProcesses, options: ChatFireOptions): Promise<Tally> {
  await using channel = new Channel(bot.irc.port, options.people);
  await channel.fill();
  await channel.untilBotIs('there');
  await channel.untilAnswered(channel.says());
  const outages: Outage[] = [];
  const talking = channel.talk(options.linesPerSecond);
  for (const [index, part] of options.kills.entries()) {
    await channel.untilSaid(((index + 1) * options.lines) / (options.kills.length + 1));
    const fromMs = performance.now();
    await bot.kill(part);
    if (part === 'IRC server') await channel.untilEmpty();
    if (part === 'connector') await channel.untilBotIs('gone');
    await bot.restart(part);
    if (part === 'IRC server') await channel.fill();
    await channel.untilBotIs('there');
    const toMs = performance.now();
    const outage = { part, fromMs, toMs };
    outages.push(outage);
    options.onOutage?.(outage);
    await channel.untilOneIsAnsweredAfter(toMs);
  }
  await channel.untilSaid(options.lines);
  talking.stop();
  await channel.settle(outages);
  return tally(channel.lines, outages);
}

/** The bot's channel, with users. */
class Channel implements AsyncDisposable {
  readonly #port: number;
  readonly #lines = new Map<string, Line>();
  readonly #users: (IrcSocket | undefined)[];
  #watcher: IrcSocket | undefined;
  #botIsThere = false;
  #next = 0;

  constructor(port: number, people: number) {
    this.#port = port;
    this.#users = Array.from({ length: people }, () => undefined);
  }

  get lines(): readonly LineHistory[] {
    return [...this.#lines.values()];
  }

  /** Lets the watcher join, and then the users. */
  async fill(): Promise<void> {
    const where = { port: this.#port, channel: BOT.channel };
    this.#watcher = await IrcSocket.join({
      ...where,
      nick: 'watcher',
      onLine: (line) => this.#saw(line),
      onEnd: () => (this.#botIsThere = false),
    });
    if (this.#watcher.members.has(BOT.nick)) this.#botIsThere = true;
    for (const index of this.#users.keys()) this.#users[index] = await IrcSocket.join({ ...where, nick: `user${index + 1}` });
  }

  /** Waits until the end of the server has ended all connections. */
  async untilEmpty(): Promise<void> {
    await eventually(() => [this.#watcher, ...this.#users].every((user) => user?.ended === true), { intervalMs: 5 });
  }

  /** The user whose turn it is sends the next line. @returns its text; undefined when the user is not connected. */
  says(): string | undefined {
    const number = this.#next++;
    const user = this.#users[number % this.#users.length];
    if (user === undefined || user.ended) return undefined;
    const text = `line-${number}`;
    this.#lines.set(text, { saidMs: performance.now(), relayedMs: undefined, botWasThere: false, answeredMs: [] });
    user.says(`!echo ${text}`);
    return text;
  }

  /** Lets users send lines at a constant rate until it is stopped. */
  talk(linesPerSecond: number): { stop(): void } {
    const startedMs = performance.now();
    let turns = 0;
    const timer = setInterval(() => {
      for (const due = ((performance.now() - startedMs) * linesPerSecond) / 1_000; turns < due; turns++) this.says();
    }, TICK_MS);
    return { stop: () => clearInterval(timer) };
  }

  async untilSaid(count: number): Promise<void> {
    await eventually(() => this.#lines.size >= count, { what: `${count} lines to be said`, timeoutMs: 600_000, intervalMs: 10 });
  }

  async untilAnswered(text: string | undefined): Promise<void> {
    await eventually(() => (this.#lines.get(text ?? '')?.answeredMs.length ?? 0) > 0, { what: `an answer to ${text}`, intervalMs: 10 });
  }

  async untilOneIsAnsweredAfter(timeMs: number): Promise<void> {
    await eventually(() => this.lines.some(({ saidMs, answeredMs }) => saidMs > timeMs && answeredMs.length > 0), {
      what: 'the bot to answer again',
      intervalMs: 50,
    });
  }

  async untilBotIs(state: 'there' | 'gone'): Promise<void> {
    await eventually(() => this.#botIsThere === (state === 'there'), { what: `the bot to be ${state}`, intervalMs: 5 });
  }

  /**
   * Waits until all lines without an explaining outage are answered, then until each user's last line is, which follows all late answers.
   */
  async settle(outages: readonly Outage[]): Promise<void> {
    const late = { timeoutMs: 60_000, intervalMs: 100 };
    await eventually(() => tally(this.lines, outages).unexplained.length === 0, late).catch(() => undefined);
    const last = this.#users.map(() => this.says());
    for (const text of last) await this.untilAnswered(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const user of [this.#watcher, ...this.#users]) user?.[Symbol.dispose]();
  }

  #saw({ nick, command, text }: SeenLine): void {
    if (command !== 'PRIVMSG') {
      if (nick === BOT.nick) this.#botIsThere = command === 'JOIN';
      return;
    }
    const line = this.#lines.get(text.replace(/^!echo /, ''));
    if (line === undefined) return;
    if (nick === BOT.nick) {
      line.answeredMs.push(performance.now());
    } else {
      line.relayedMs = performance.now();
      line.botWasThere = this.#botIsThere;
    }
  }
}
