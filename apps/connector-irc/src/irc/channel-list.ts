import { type CaseMapping, ircFolded } from '@eeveebot/libeevee';

/** A channel that the bot should be in. */
export interface WantedChannel {
  readonly name: string;
  /** Current password of the channel; undefined for none. */
  readonly key?: string | undefined;
}

/** A channel to join now. */
export interface DueChannel extends WantedChannel {
  /** The server did not answer the last JOIN, perhaps because of the other channels in its line. */
  readonly unanswered?: true;
}

/** Settings for rejoining channels. */
export interface RejoinSettings {
  readonly autoRejoin: boolean;
  /** First wait, in milliseconds; doubled each time. */
  readonly waitMs: number;
  /** Most attempts after a kick; 0: no limit. */
  readonly maxRetries: number;
}

/** Longest wait between attempts to join. */
const MAX_WAIT_MS = 10 * 60_000;

/** Time limit for the server to answer a JOIN. */
const ANSWER_MS = 30_000;

interface Entry {
  channel: WantedChannel;
  /** Origin of the channel: only those of the configuration are removed with it. */
  source: 'config' | 'runtime';
  state: 'out' | 'joining' | 'in' | 'given-up';
  attempts: number;
  /** Whether the attempts count since a kick, which limits their number. */
  kicked: boolean;
  dueMs: number;
}

/**
 * The channels that the bot should be in, which of them it is in, and when to try the others again.
 *
 * Pure: it neither sends nor reads a clock.
 */
export class ChannelList {
  rejoin: RejoinSettings;
  #mapping: CaseMapping = 'rfc1459';
  #entries = new Map<string, Entry>();
  /** New names of configured channels, by their former ones. */
  readonly #renamed = new Map<string, string>();

  constructor(rejoin: RejoinSettings) {
    this.rejoin = rejoin;
  }

  get mapping(): CaseMapping {
    return this.#mapping;
  }

  /** Channels whose names are the same with the new mapping become one. */
  set mapping(mapping: CaseMapping) {
    this.#mapping = mapping;
    const entries = this.#all();
    this.#entries = new Map();
    for (const entry of entries) if (this.#get(entry.channel.name) === undefined) this.#entries.set(this.#key(entry.channel.name), entry);
  }

  /** Names of the channels that the bot is in. */
  get joined(): string[] {
    return this.#all()
      .filter(({ state }) => state === 'in')
      .map(({ channel }) => channel.name);
  }

  /** Channels that were joined at run time and are not configured. */
  get atRunTime(): WantedChannel[] {
    return this.#all()
      .filter(({ source }) => source === 'runtime')
      .map(({ channel }) => channel);
  }

  /**
   * Applies the channels of the configuration.
   *
   * @returns the names of channels that are no longer configured.
   */
  configure(channels: readonly WantedChannel[], nowMs: number): string[] {
    const current = channels.map(({ name, ...rest }) => ({ ...rest, name: this.#renamed.get(this.#key(name)) ?? name }));
    const wanted = new Map(current.map((channel) => [this.#key(channel.name), channel]));
    const gone: string[] = [];
    for (const [key, { source, channel }] of this.#entries) {
      if (source !== 'config' || wanted.has(key)) continue;
      this.#entries.delete(key);
      gone.push(channel.name);
    }
    for (const channel of wanted.values()) this.#want(channel, 'config', nowMs);
    return gone;
  }

  /** Adds a channel, due immediately. */
  want(channel: WantedChannel, nowMs: number): void {
    const entry = this.#want(channel, this.#get(channel.name)?.source ?? 'runtime', nowMs);
    if (entry.state === 'in') return;
    Object.assign(entry, { state: 'out', attempts: 0, kicked: false, dueMs: nowMs });
  }

  /** Removes a channel. */
  unwant(name: string): void {
    this.#entries.delete(this.#key(name));
  }

  /**
   * Follows a channel that was renamed, also after later changes of the configuration, which may still have the former name.
   *
   * @returns the source of the channel; `undefined` if the bot is not in it.
   */
  renamed(from: string, to: string): Entry['source'] | undefined {
    const entry = this.#get(from);
    if (entry?.state !== 'in') return undefined;
    this.#entries.delete(this.#key(from));
    entry.channel = { ...entry.channel, name: to };
    this.#entries.set(this.#key(to), entry);
    if (entry.source === 'config') this.#noteName(from, to);
    return entry.source;
  }

  /** Each former name leads directly to the current one. */
  #noteName(from: string, to: string): void {
    for (const [former, name] of this.#renamed) if (this.#key(name) === this.#key(from)) this.#renamed.set(former, to);
    this.#renamed.set(this.#key(from), to);
    this.#renamed.delete(this.#key(to));
  }

  /** Whether the bot is in the channel, or should be. */
  isWanted(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  /** Whether the bot is in the channel. */
  isIn(name: string): boolean {
    return this.#get(name)?.state === 'in';
  }

  /** Whether the bot is not in the channel yet, but will be: messages for it can wait. */
  isComing(name: string): boolean {
    const state = this.#get(name)?.state;
    return state === 'out' || state === 'joining';
  }

  /** Records that the bot has joined a channel. @returns whether it was wanted. */
  entered(name: string): boolean {
    const entry = this.#get(name);
    if (entry === undefined) return false;
    Object.assign(entry, { state: 'in', attempts: 0, kicked: false });
    return true;
  }

  /**
   * The bot was kicked.
   *
   * @returns milliseconds until the next attempt to join; undefined without one.
   */
  kickedFrom(name: string, nowMs: number): number | undefined {
    const entry = this.#get(name);
    if (entry === undefined) return undefined;
    entry.kicked = true;
    return this.#again(entry, nowMs);
  }

  /**
   * The server refused a JOIN.
   *
   * @returns milliseconds until the next attempt; undefined: the last one has failed.
   */
  refused(name: string, nowMs: number): number | undefined {
    const entry = this.#get(name);
    return entry === undefined || entry.state === 'in' ? undefined : this.#again(entry, nowMs);
  }

  /** The connection is lost, and with it every channel; all are due again on the next one. */
  disconnected(): void {
    for (const entry of this.#entries.values()) Object.assign(entry, { state: 'out', attempts: 0, kicked: false, dueMs: 0 });
  }

  /** Channels to join now; they count as being joined. */
  due(nowMs: number): DueChannel[] {
    const entries = this.#all().filter(
      ({ state, dueMs }) => (state === 'out' && dueMs <= nowMs) || (state === 'joining' && dueMs + ANSWER_MS <= nowMs),
    );
    const due = entries.map(({ state, channel }) => (state === 'joining' ? ({ ...channel, unanswered: true } as const) : channel));
    for (const entry of entries) Object.assign(entry, { state: 'joining', dueMs: nowMs });
    return due;
  }

  /** Time at which {@link due} next returns channels. */
  nextDueMs(): number | undefined {
    const times = this.#all().flatMap(({ state, dueMs }) => (state === 'out' ? [dueMs] : state === 'joining' ? [dueMs + ANSWER_MS] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #again(entry: Entry, nowMs: number): number | undefined {
    const { autoRejoin, waitMs, maxRetries } = this.rejoin;
    entry.attempts++;
    if (entry.kicked && (!autoRejoin || (maxRetries > 0 && entry.attempts > maxRetries))) {
      entry.state = 'given-up';
      return undefined;
    }
    const delayMs = Math.min(Math.max(waitMs, MAX_WAIT_MS), waitMs * 2 ** Math.min(entry.attempts - 1, 20));
    Object.assign(entry, { state: 'out', dueMs: nowMs + delayMs });
    return delayMs;
  }

  #want(channel: WantedChannel, source: Entry['source'], nowMs: number): Entry {
    const present = this.#get(channel.name);
    if (present === undefined) {
      const entry: Entry = { channel, source, state: 'out', attempts: 0, kicked: false, dueMs: nowMs };
      this.#entries.set(this.#key(channel.name), entry);
      return entry;
    }
    // Another key may be the right one.
    if (present.channel.key !== channel.key && present.state !== 'in') Object.assign(present, { state: 'out', attempts: 0, dueMs: nowMs });
    Object.assign(present, { channel, source });
    return present;
  }

  #all(): Entry[] {
    return [...this.#entries.values()];
  }

  #get(name: string): Entry | undefined {
    return this.#entries.get(this.#key(name));
  }

  #key(name: string): string {
    return ircFolded(name, this.mapping);
  }
}

/**
 * JOIN lines for channels: as many in each as fit, those with keys first, as the protocol wants them. A channel whose last JOIN was not
 * answered has a line of its own, because some servers take few channels, or only one, in a line.
 *
 * @example
 * joinLines([{ name: '#a' }, { name: '#b', key: 'k' }]); // ['JOIN #b,#a k']
 */
export function joinLines(channels: readonly DueChannel[]): string[] {
  const isAnswered = ({ unanswered }: DueChannel): boolean => unanswered !== true;
  const separate = channels.filter((channel) => !isAnswered(channel)).map(({ name, key }) => ['JOIN', name, key ?? ''].join(' ').trimEnd());
  return [...sharedLines(channels.filter(isAnswered)), ...separate];
}

function sharedLines(channels: readonly WantedChannel[]): string[] {
  const lines: string[] = [];
  let names: string[] = [];
  let keys: string[] = [];
  const line = (): string => `JOIN ${names.join(',')}${keys.length === 0 ? '' : ` ${keys.join(',')}`}`;
  for (const { name, key } of [...channels].sort((a, b) => Number(b.key !== undefined) - Number(a.key !== undefined))) {
    if (names.length > 0 && (names.length === 10 || Buffer.byteLength(line()) + Buffer.byteLength(`,${name} ,${key ?? ''}`) > 480)) {
      lines.push(line());
      names = [];
      keys = [];
    }
    names.push(name);
    if (key !== undefined) keys.push(key);
  }
  if (names.length > 0) lines.push(line());
  return lines;
}
