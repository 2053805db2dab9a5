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

/** Calls in a row, of which one is over the limit of the echo module. */
const MOST_CALLS = 20;

/** The notice of a limit that was reached. */
const LIMITED = /^echo can be used /;

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
      lines.push(...(await exchanged(this.#person, { to, text, answer })));
    }
    return [`  in ${CHANNEL}:`, ...lines, '', `  in ${CHANNEL}, more often than is allowed:`, ...(await this.#untilLimited())].join('\n');
  }

  /**
   * Another user calls a command until the limit is reached, so that the visitor may continue.
   *
   * @returns the calls and the bot's answers.
   * @throws Error when none is over the limit.
   */
  async #untilLimited(): Promise<readonly string[]> {
    await using guest = await joinIrc({ port: this.port, nick: 'guest' });
    await guest.join(CHANNEL);
    const lines: string[] = [];
    for (let call = 1; call <= MOST_CALLS; call++) {
      const answer = new RegExp(`^again ${call}$|${LIMITED.source}`);
      const exchange = await exchanged(guest, { text: `!echo again ${call}`, answer });
      lines.push(...exchange);
      if (exchange.some((line) => line.includes(`-${BOT}- `))) return lines;
    }
    throw new Error(`${MOST_CALLS} calls of echo in a row were all answered: its limit has no effect`);
  }

  /** Sends a text to the channel. @returns the text and the bot's answers. */
  async say(text: string): Promise<string> {
    return (await exchanged(this.#person, { text, answer: /./ })).join('\n');
  }

  /** Leaves IRC. Its port is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#person[Symbol.asyncDispose]();
    await this.#forward[Symbol.asyncDispose]();
  }
}

/** Says something, and waits for the bot's answer. @returns the text and the bot's answers, as IRC clients show them. */
async function exchanged(person: IrcPerson, { to = CHANNEL, text, answer }: Exchange): Promise<readonly string[]> {
  const seen = person.transcript.length;
  const answers = (): readonly IrcLine[] =>
    person.transcript.slice(seen).filter((line) => line.nick === BOT && shownLine(line) !== undefined);
  person.says(to, text);
  await eventually(() => answers().some((line) => answer.test(line.text)), {
    what: `${BOT} to answer ${JSON.stringify(text)} with ${answer.source}`,
    timeoutMs: 60_000,
  });
  const said = { kind: 'message', nick: person.nick, text } as const;
  return [said, ...answers()].map((line) => `  ${shownLine(line)}`);
}
