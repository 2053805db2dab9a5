import { setTimeout as delay } from 'node:timers/promises';
import type { NatsClient } from '@eeveebot/libeevee';
import { CliError } from '../cli-error.ts';
import { ConsoleConnector, type ConsolePlace } from './connector.ts';
import { type Input, inputHelp, readInput } from './input.ts';
import type { Person } from './person.ts';
import { commandLines, limitLines } from './router-report.ts';
import type { Screen } from './screen.ts';
import { saidLine, shownLine } from './shown-line.ts';
import { reportWhileRunning } from './slow-work.ts';

/** The bot that the user talks to. */
export interface TalkedTo {
  readonly nats: NatsClient;
  /** Time of the bot, in milliseconds since 1970. */
  readonly nowMs: number;
  /** Waits until modules that are being restarted listen again. */
  ready(): Promise<void>;
  /** Waits until the bot has answered everything that was said. */
  settled(): Promise<void>;
  /** Operations of a bot that runs on this machine; missing for a bot in a cluster. */
  readonly local?: {
    advance(ms: number): Promise<void>;
    reload(): Promise<void>;
    /** Names of the modules that have not handled everything that they received. */
    busy(): readonly string[];
  };
}

/** Settings of a {@link Session}. */
export interface SessionOptions {
  readonly bot: TalkedTo;
  readonly screen: Screen;
  readonly place: ConsolePlace;
  readonly botNick: string;
  readonly prefix: string;
  readonly nick: string;
  readonly channel: string;
  /** Whether lines that are said are shown: they come from a script, and not from the terminal. */
  readonly showsSaid: boolean;
}

/** Changes of the person that an input asks for; `undefined` if it asks for something else. */
function changedPerson(input: Input): Partial<Person> | undefined {
  if (input.kind === 'nick') return { nick: input.nick };
  if (input.kind === 'join') return { channel: input.channel };
  if (input.kind === 'account') return { account: input.account };
  return input.kind === 'op' ? { isOp: input.isOp } : undefined;
}

/** A conversation: the current person and channel, and the execution of typed lines. */
export class Session {
  readonly #options: SessionOptions;
  readonly #connector: ConsoleConnector;
  #person: Person;

  constructor(options: SessionOptions) {
    const { bot, screen, place, botNick, prefix, nick, channel } = options;
    this.#options = options;
    this.#person = { nick, channel, account: undefined, isOp: false };
    this.#connector = new ConsoleConnector({
      nats: bot.nats,
      place,
      botNick,
      prefix,
      person: () => this.#person,
      now: () => bot.nowMs,
      heard: (heard) =>
        screen.show(shownLine(heard, { nick: this.#person.nick, channel: this.#person.channel, botNick, isColoured: screen.isColoured })),
      show: (line) => screen.show(line),
    });
  }

  /** Text before the cursor. */
  get prompt(): string {
    return `${this.#person.nick} ${this.#person.channel}> `;
  }

  /** Listens to the bot. @throws CliError when NATS does not permit it. */
  start(): Promise<void> {
    return this.#connector.start();
  }

  /**
   * Executes a line and waits for the answers of the bot.
   *
   * @returns whether the conversation continues.
   */
  async take(line: string): Promise<boolean> {
    const { bot, botNick, screen } = this.#options;
    const input = readInput(line, botNick);
    if (input.kind === 'quit') return false;
    const done = input.kind === 'wait' ? undefined : reportWhileRunning((seconds) => screen.note(this.#slowLine(line, seconds)));
    try {
      // A line that is said while a module restarts would be lost.
      await bot.ready();
      await this.#do(input);
      await bot.settled();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      screen.complain(error.message);
    } finally {
      done?.();
    }
    return true;
  }

  /** Describes a line that has not been answered for some time. */
  #slowLine(line: string, seconds: number): string {
    const busy = this.#options.bot.local?.busy() ?? [];
    const who = busy.length === 0 ? '' : `: ${busy.join(', ')} did not finish`;
    const end = 'A handler that waits is ended after its time limit, an endless loop is not: Ctrl-C ends the conversation.';
    return `still running after ${seconds} s: "${line.trim()}"${who}. ${end}`;
  }

  #become(changed: Partial<Person>): void {
    this.#person = { ...this.#person, ...changed };
    this.#options.screen.prompt(this.prompt);
  }

  async #do(input: Exclude<Input, { kind: 'quit' }>): Promise<void> {
    const changed = changedPerson(input);
    if (changed !== undefined) return this.#become(changed);
    for (const line of await this.#answerLines(input)) this.#options.screen.show(line);
    if (input.kind === 'say') {
      if (this.#options.showsSaid) this.#options.screen.show(saidLine(input.text, this.#person.nick, input));
      return this.#connector.say(input.text, input);
    }
    if (input.kind === 'event') return this.#connector.play(input.event);
    // A signal ends the conversation in between.
    if (input.kind === 'wait') return delay(input.ms, undefined, { ref: false });
    if (input.kind === 'advance') return this.#local(input.kind).advance(input.ms);
    if (input.kind === 'reload') return this.#local(input.kind).reload();
    if (input.kind === 'problem') throw new CliError(input.message);
  }

  /** Lines that answer a question of the user. */
  async #answerLines({ kind }: Input): Promise<readonly string[]> {
    const { bot, botNick, prefix } = this.#options;
    if (kind === 'limits') return limitLines(bot.nats);
    if (kind === 'commands') return commandLines(bot.nats);
    return kind === 'help' ? inputHelp({ prefix, botNick, isLocal: bot.local !== undefined }) : [];
  }

  #local(command: string): NonNullable<TalkedTo['local']> {
    const { local } = this.#options.bot;
    if (local === undefined) throw new CliError(`/${command} works only with a bot on this machine, and this bot runs in a cluster`);
    return local;
  }
}
