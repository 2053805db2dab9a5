import { type CaseMapping, ircFolded } from '@eeveebot/libeevee';
import type { Clock } from '../clock.ts';
import { ChannelList, type RejoinSettings, type WantedChannel, joinLines } from './channel-list.ts';
import { PendingAnswers } from './pending-answers.ts';
import type { Happened } from './session-events.ts';
import type { ConnectionReport } from './status.ts';

/** Time limit for the server to let the bot into a channel. */
const ANSWER_MS = 8_000;

/** Maximum number of channels that are joined at run time: users may choose their names, and those that cannot be joined are tried again. */
const MAX_AT_RUN_TIME = 500;

/** For {@link ChannelKeeper}. */
export interface ChannelKeeperDeps {
  readonly clock: Clock;
  readonly report: ConnectionReport;
  /** Sends a line within flood control. */
  readonly command: (line: string) => void;
  /** Whether channels can be joined now. */
  readonly mayJoin: () => boolean;
  /** Channels were joined or left at run time. */
  readonly onRunTimeChannels: () => void;
}

/** Keeps the bot in its channels. */
export class ChannelKeeper {
  readonly #deps: ChannelKeeperDeps;
  readonly #list: ChannelList;
  readonly #joins: PendingAnswers<string | undefined>;
  #cancelJoin: () => void = () => undefined;

  constructor(rejoin: RejoinSettings, deps: ChannelKeeperDeps) {
    this.#deps = deps;
    this.#list = new ChannelList(rejoin);
    this.#joins = new PendingAnswers(deps.clock);
  }

  get joined(): readonly string[] {
    return this.#list.joined;
  }

  get atRunTime(): readonly WantedChannel[] {
    return this.#list.atRunTime;
  }

  isIn(channel: string): boolean {
    return this.#list.isIn(channel);
  }

  /** Whether the bot will join the channel: messages for it can wait. */
  isComing(channel: string): boolean {
    return this.#list.isComing(channel);
  }

  /** The form of a name that the server compares. */
  folded(name: string): string {
    return ircFolded(name, this.#list.mapping);
  }

  /** Applies the channels of the configuration. @returns those that are no longer configured. */
  configure(channels: readonly WantedChannel[], rejoin: RejoinSettings): string[] {
    this.#list.rejoin = rejoin;
    return this.#list.configure(channels, this.#deps.clock.now());
  }

  /** Adds channels to those of the configuration. */
  want(channels: readonly WantedChannel[]): void {
    for (const channel of channels) this.#list.want(channel, this.#deps.clock.now());
  }

  /**
   * The server has reported its case mapping.
   *
   * @returns whether it differs from the one until now: configured channels that were the same may be different ones, and need {@link configure}.
   */
  mapped(mapping: CaseMapping): boolean {
    if (mapping === this.#list.mapping) return false;
    this.#list.mapping = mapping;
    return true;
  }

  disconnected(reason: string): void {
    this.#cancelJoin();
    for (const channel of this.#list.joined) this.#deps.report.channel(channel, 'leave');
    this.#list.disconnected();
    this.#joins.failAll(reason);
  }

  /** Joins the channels that are due, and schedules the next time. */
  joinDue(): void {
    const { clock, command, mayJoin } = this.#deps;
    this.#cancelJoin();
    if (!mayJoin()) return;
    for (const line of joinLines(this.#list.due(clock.now()))) command(line);
    const nextMs = this.#list.nextDueMs();
    if (nextMs !== undefined) this.#cancelJoin = clock.after(nextMs - clock.now(), () => this.joinDue());
  }

  /**
   * Joins a channel and stays in it.
   *
   * @throws Error with the server's reason, or when it does not answer; the join is retried. Also for too many channels.
   */
  async join(channel: WantedChannel): Promise<void> {
    if (!this.#list.isWanted(channel.name) && this.#list.atRunTime.length >= MAX_AT_RUN_TIME)
      throw new Error(`the bot has joined ${MAX_AT_RUN_TIME} channels at run time, or tries to: leave one first`);
    this.want([channel]);
    this.#deps.onRunTimeChannels();
    if (this.#list.isIn(channel.name)) return;
    const answer = this.#joins.wait(this.folded(channel.name), ANSWER_MS);
    this.joinDue();
    const refusal = await answer;
    if (refusal !== undefined) throw new Error(refusal);
  }

  /** Leaves a channel permanently. */
  part(channel: string): void {
    this.#list.unwant(channel);
    this.#deps.onRunTimeChannels();
    this.#deps.command(`PART ${channel}`);
  }

  /** The server refused a JOIN. */
  refused(channel: string, reason: string): void {
    const { clock, report } = this.#deps;
    // Servers use the same numerics for messages, such as 403 and 477.
    if (!this.#list.isComing(channel)) return report.sayingRefused(channel, reason);
    report.joinRefused(channel, reason, this.#list.refused(channel, clock.now()));
    this.#joins.answer(this.folded(channel), reason);
    this.joinDue();
  }

  /** A channel of the bot has another name; the bot is still in it. */
  renamed(from: string, to: string): void {
    const { report, onRunTimeChannels } = this.#deps;
    const source = this.#list.renamed(from, to);
    if (source === undefined) return;
    report.channelRenamed(from, to, source === 'config');
    report.channel(from, 'leave');
    report.channel(to, 'join');
    if (source === 'runtime') onRunTimeChannels();
  }

  /** The bot itself joined, left or was kicked. */
  own({ eventType, channel, kickedBy, reason }: Happened): void {
    const { clock, report, command } = this.#deps;
    if (channel === null) return;
    if (eventType === 'join') {
      // Forced into it by the network: leaves it again, since only wanted channels are kept.
      if (!this.#list.entered(channel)) return command(`PART ${channel}`);
      this.#joins.answer(this.folded(channel), undefined);
    } else if (eventType === 'kick') {
      report.kicked(channel, { by: kickedBy ?? '', reason: reason ?? '' }, this.#list.kickedFrom(channel, clock.now()));
    } else if (eventType === 'part') {
      // Forced out by the network, like a kick; if the bot left by itself, the channel is no longer wanted.
      this.#list.kickedFrom(channel, clock.now());
    } else return;
    report.channel(channel, eventType);
    this.joinDue();
  }
}
