import { eventually, forwardPort, IRC_PORT, IRC_SERVICE, type IrcLine, type IrcPerson, joinIrc, type PortForward } from '@eeveebot/testing';
import type { DemoCluster } from './clusters.ts';
import { shownLine } from './transcript.ts';

/** The bot's connection to the IRC server in the cluster, as chart `bot` expects it. */
const CONNECTION = { name: 'demo', host: IRC_SERVICE, port: IRC_PORT, nick: 'eevee', channels: ['#eevee'] } as const;

/** Values of chart `bot` that put the bot on IRC. */
export const IRC_VALUES = { irc: [CONNECTION] };

const { nick: BOT } = CONNECTION;
export const [CHANNEL] = CONNECTION.channels;

/** A text to send, and the last line that the bot must answer. */
interface Exchange {
  /** A nick, for a private message. Default: the channel. */
  readonly to?: string;
  readonly text: string;
  readonly answer: RegExp;
}

const CONVERSATION: readonly Exchange[] = [
  { text: '!help', answer: /^Commands: .*echo/ },
  { text: '!help echo', answer: /^<text>: / },
  { text: '!echo hello', answer: /^hello$/ },
  { text: `${BOT}: echo hi`, answer: /^hi$/ },
  { to: BOT, text: '!echo between us', answer: /^between us$/ },
];

/** A user of the IRC server in the cluster, with a real client, in the bot's channel. */
export class Visitor implements AsyncDisposable {
  readonly #forward: PortForward;
  readonly #person: IrcPerson;

  private constructor(forward: PortForward, person: IrcPerson) {
    this.#forward = forward;
    this.#person = person;
  }

  /** Joins the channel, and waits until the bot is there. */
  static async join(cluster: DemoCluster): Promise<Visitor> {
    const forward = await forwardPort(cluster, { service: IRC_SERVICE, port: IRC_PORT });
    try {
      const visitor = new Visitor(forward, await joinIrc({ port: forward.port, nick: 'visitor' }));
      await visitor.#person.join(CHANNEL);
      await visitor.#person.seesIn(CHANNEL, BOT);
      return visitor;
    } catch (error) {
      await forward[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Port of loopback on which other IRC clients of this machine can reach the server until the visitor leaves. */
  get port(): number {
    return this.#forward.port;
  }

  /**
   * Tries what a bot can do.
   *
   * @returns the transcript.
   * @throws Error when the bot does not answer as it should.
   */
  async converse(): Promise<string> {
    const lines: string[] = [];
    for (const { to = CHANNEL, text, answer } of CONVERSATION) {
      if (to !== CHANNEL) lines.push('', `  in private, to ${to}:`);
      lines.push(...(await this.#exchange(to, { text, answer })));
    }
    return [`  in ${CHANNEL}:`, ...lines].join('\n');
  }

  /** Sends a text to the channel. @returns the text and the bot's answers. */
  async say(text: string): Promise<string> {
    return (await this.#exchange(CHANNEL, { text, answer: /./ })).join('\n');
  }

  /** Leaves IRC. Its port is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#person[Symbol.asyncDispose]();
    await this.#forward[Symbol.asyncDispose]();
  }

  async #exchange(to: string, { text, answer }: Pick<Exchange, 'text' | 'answer'>): Promise<readonly string[]> {
    const seen = this.#person.transcript.length;
    const answers = (): readonly IrcLine[] =>
      this.#person.transcript.slice(seen).filter((line) => line.nick === BOT && shownLine(line) !== undefined);
    this.#person.says(to, text);
    await eventually(() => answers().some((line) => answer.test(line.text)), {
      what: `${BOT} to answer ${JSON.stringify(text)} with ${answer.source}`,
      timeoutMs: 60_000,
    });
    const said = { kind: 'message', nick: this.#person.nick, text } as const;
    return [said, ...answers()].map((line) => `  ${shownLine(line)}`);
  }
}
