import type { CommandRegistration } from '../chat/payloads.ts';
import type { RateLimitConfig } from '../chat/rate-limit.ts';
import type { Message } from './message.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Parses an interval to milliseconds.
 *
 * @throws RangeError when it is not a whole number of seconds, minutes or hours.
 * @example
 * intervalMs('1m'); // 60000
 */
export function intervalMs(interval: string): number {
  const [, count, unit = ''] = /^(\d+)([smh])$/.exec(interval) ?? [];
  const unitMs = UNIT_MS[unit];
  if (count === undefined || unitMs === undefined) throw new RangeError(`"${interval}" is not an interval such as 30s, 1m or 1h`);
  return Number(count) * unitMs;
}

/** Key under which the limit of a command counts the call. */
export function limitKey({ commandUUID, ratelimit: { level } }: CommandRegistration, message: Message): string {
  const { platform, instance, channel, user } = message;
  switch (level) {
    case 'platform':
      return `${commandUUID}:${platform}`;
    case 'instance':
      return `${commandUUID}:${platform}:${instance}`;
    case 'channel':
      return `${commandUUID}:${platform}:${instance}:${channel}`;
    case 'user':
      return `${commandUUID}:${platform}:${instance}:${user}`;
    case 'global':
      return `${commandUUID}:global`;
  }
}

/** Calls that are counted together: a window begins with its first call and lasts one interval. */
export interface LimitWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly count: number;
}

/** Clocks of routers that differ by less than this count together. */
const MAX_SKEW_MS = 30_000;

/** Whether a time is so far ahead that the clock must have been set back since: what it limits would be limited for as long. */
const isBeforeSetBack = (timeMs: number, nowMs: number): boolean => timeMs > nowMs + MAX_SKEW_MS;

const isOpen = ({ startMs, endMs }: LimitWindow, nowMs: number): boolean => nowMs < endMs && !isBeforeSetBack(startMs, nowMs);

/** Counts calls in fixed windows. */
export class LimitWindows {
  readonly #windows = new Map<string, LimitWindow>();

  /** Counts a call, if allowed. @returns `undefined` when it was counted, otherwise the end of the window, in milliseconds since 1970. */
  take(key: string, { limit, interval }: RateLimitConfig, nowMs: number): number | undefined {
    if (limit === 0) return undefined;
    const current = this.at(key, nowMs);
    if (current !== undefined && current.count >= limit) return current.endMs;
    const startMs = current?.startMs ?? nowMs;
    this.#windows.set(key, { startMs, endMs: current?.endMs ?? nowMs + intervalMs(interval), count: (current?.count ?? 0) + 1 });
    return undefined;
  }

  /** The open window of a key. */
  at(key: string, nowMs: number): LimitWindow | undefined {
    const window = this.#windows.get(key);
    return window !== undefined && isOpen(window, nowMs) ? window : undefined;
  }

  /** Merges the window of another router: the later window wins, and of the same one the larger count. */
  merge(key: string, theirs: LimitWindow, nowMs: number): void {
    const ours = this.at(key, nowMs);
    if (ours !== undefined && ours.endMs > theirs.endMs) return;
    if (ours !== undefined && ours.endMs === theirs.endMs && ours.count >= theirs.count) return;
    this.#windows.set(key, theirs);
  }

  /** Open windows by key. */
  open(nowMs: number): ReadonlyMap<string, LimitWindow> {
    return new Map([...this.#windows].filter(([, window]) => isOpen(window, nowMs)));
  }

  /** Deletes windows that are not open. */
  sweep(nowMs: number): void {
    for (const [key, window] of this.#windows) if (!isOpen(window, nowMs)) this.#windows.delete(key);
  }

  clear(): void {
    this.#windows.clear();
  }
}

/** Remembers notices about limits, so that they are not repeated too soon. */
export class Cooldown {
  readonly #untilMs = new Map<string, number>();

  /** Whether the notice may be sent now; if so, it counts as sent. */
  isOver(key: string, cooldownMs: number, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(key) ?? 0;
    if (untilMs > nowMs && !isBeforeSetBack(untilMs - cooldownMs, nowMs)) return false;
    this.#untilMs.set(key, nowMs + cooldownMs);
    return true;
  }

  sweep(nowMs: number): void {
    for (const [key, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(key);
  }

  clear(): void {
    this.#untilMs.clear();
  }
}

/** Waiting items by key, in order: each key has its own queue. */
export class KeyedQueues<Item> {
  readonly #queues = new Map<string, { items: Item[]; dueMs: number; sinceMs: number }>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  lengthOf(key: string): number {
    return this.#queues.get(key)?.items.length ?? 0;
  }

  /** @param times.dueMs time at which the first item of the queue is due. */
  push(key: string, item: Item, { nowMs, dueMs }: { readonly nowMs: number; readonly dueMs: number }): void {
    const queue = this.#queues.get(key) ?? { items: [], dueMs, sinceMs: nowMs };
    queue.items.push(item);
    this.#queues.set(key, queue);
    this.#size++;
  }

  /** Time at which the next item is due; `Infinity` when nothing waits. */
  get nextDueMs(): number {
    let nextMs = Infinity;
    for (const { dueMs } of this.#queues.values()) nextMs = Math.min(nextMs, dueMs);
    return nextMs;
  }

  /**
   * Offers each item whose queue is due, in order of arrival. A queue whose time is one of before the clock was set back is due.
   *
   * @param take returns when there is room for the item, if not now: it then stays first in its queue.
   */
  runDue(nowMs: number, take: (item: Item, key: string) => number | undefined): void {
    for (const [key, queue] of this.#queues) {
      if (queue.dueMs > nowMs && !isBeforeSetBack(queue.sinceMs, nowMs)) continue;
      let taken = 0;
      for (const item of queue.items) {
        const dueMs = take(item, key);
        if (dueMs !== undefined) {
          Object.assign(queue, { dueMs, sinceMs: nowMs });
          break;
        }
        taken++;
      }
      queue.items.splice(0, taken);
      this.#size -= taken;
      if (queue.items.length === 0) this.#queues.delete(key);
    }
  }

  /** Removes and returns all items, each queue in its order. */
  takeAll(): Item[] {
    const items = [...this.#queues.values()].flatMap((queue) => queue.items);
    this.clear();
    return items;
  }

  clear(): void {
    this.#queues.clear();
    this.#size = 0;
  }
}
