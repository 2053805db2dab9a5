import type { CommandRegistration, RateLimitStats } from '../chat/payloads.ts';
import type { Emit } from './decisions.ts';
import { Cooldown, KeyedQueues, type LimitWindow, LimitWindows, limitKey } from './limits.ts';
import type { CommandMatch } from './matching.ts';
import type { Message } from './message.ts';
import { limitNotice } from './notices.ts';
import type { Registry } from './registry.ts';

/** Maximum number of waiting calls over all limits. */
const MAX_QUEUED_IN_ALL = 10_000;

/** A call of a matched command. */
export interface Call {
  readonly commandUUID: string;
  readonly message: Message;
  readonly match: CommandMatch;
}

interface AdmissionDeps {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly steadyNow: () => number;
  readonly commands: Registry<CommandRegistration>;
  readonly settings: () => { readonly cooldownMs: number; readonly maxQueued: number };
  /** Whether a message that waited would be blocked now. */
  readonly isBlocked: (message: Message) => boolean;
}

/** Decides which calls the limits allow now, which wait, and which are dropped. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #windows = new LimitWindows();
  readonly #queues = new KeyedQueues<Call>();
  readonly #cooldown = new Cooldown();

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Whether calls of the command are limited. */
  isLimited({ commandUUID }: Call): boolean {
    return (this.#deps.commands.get(commandUUID)?.registration.ratelimit.limit ?? 0) > 0;
  }

  /** The key under which this call is counted; `undefined` when its command is no longer registered. */
  limitKeyOf({ commandUUID, message }: Call): string | undefined {
    const command = this.#deps.commands.get(commandUUID);
    return command === undefined ? undefined : limitKey(command.registration, message);
  }

  /** The open window of a key. */
  windowOf(key: string): LimitWindow | undefined {
    return this.#windows.at(key, this.#deps.now());
  }

  /** All open windows. */
  get windows(): ReadonlyMap<string, LimitWindow> {
    return this.#windows.open(this.#deps.now());
  }

  /** Merges a window of another router. */
  mergeWindow(key: string, window: LimitWindow): void {
    this.#windows.merge(key, window, this.#deps.now());
  }

  /** Executes a call if its limit allows that; otherwise drops or queues it and notifies its sender. */
  admit(call: Call, emit: Emit): void {
    const command = this.#deps.commands.get(call.commandUUID)?.registration;
    if (command === undefined) return;
    // Without a limit, only calls that came while it had one can be waiting.
    if (command.ratelimit.limit === 0 && this.#queues.size === 0) {
      this.#execute(command, call, emit);
      return;
    }
    const key = limitKey(command, call.message);
    const nowMs = this.#deps.now();
    const { mode } = command.ratelimit;
    const waiting = this.#queues.lengthOf(key);
    // Waiting calls come first.
    const freeMs = waiting > 0 ? (this.#windows.at(key, nowMs)?.endMs ?? nowMs) : this.#windows.take(key, command.ratelimit, nowMs);
    if (freeMs === undefined) {
      this.#execute(command, call, emit);
      return;
    }
    const action = mode === 'drop' ? 'dropped' : this.#hasRoom(waiting) ? 'queued' : 'refused';
    if (action === 'queued') this.#queues.push(key, call, { nowMs, dueMs: freeMs });
    emit({ kind: 'limited', command, action });
    this.#notify(command, call.message, { action, freeInMs: freeMs - nowMs }, emit);
  }

  #hasRoom(waiting: number): boolean {
    return waiting < this.#deps.settings().maxQueued && this.#queues.size < MAX_QUEUED_IN_ALL;
  }

  #execute(command: CommandRegistration, { message, match }: Pick<Call, 'message' | 'match'>, emit: Emit): void {
    const isOverdue = this.#deps.commands.isOverdue(command.commandUUID, this.#deps.steadyNow());
    emit({ kind: 'execute', command, execution: { ...message, originalText: message.text, ...match }, isOverdue });
  }

  #notify(
    command: CommandRegistration,
    message: Message,
    outcome: { action: 'dropped' | 'queued' | 'refused'; freeInMs: number },
    emit: Emit,
  ): void {
    const { platform, instance, nick } = message;
    const person = `${command.commandUUID}\0${platform}\0${instance}\0${nick}`;
    if (nick === '' || !this.#cooldown.isOver(person, this.#deps.settings().cooldownMs, this.#deps.now())) return;
    emit({ kind: 'notice', platform, instance, notice: { target: nick, text: limitNotice(command, outcome) } });
  }

  /** Time at which the next waiting call is due, in milliseconds since 1970; `Infinity` when none waits. */
  get nextDueMs(): number {
    return this.#queues.nextDueMs;
  }

  /** Number of waiting calls. */
  get queued(): number {
    return this.#queues.size;
  }

  /** Executes the calls that are due, if they are still allowed. */
  runDue(emit: Emit): void {
    const nowMs = this.#deps.now();
    this.#queues.runDue(nowMs, (call, key) => {
      const command = this.#deps.commands.get(call.commandUUID)?.registration;
      if (command === undefined || this.#deps.isBlocked(call.message)) {
        if (command !== undefined) emit({ kind: 'limited', command, action: 'gone' });
        return undefined;
      }
      const freeMs = this.#windows.take(key, command.ratelimit, nowMs);
      if (freeMs === undefined) this.#execute(command, call, emit);
      return freeMs;
    });
  }

  /** Removes and returns the waiting calls, for another router to take over. */
  takeQueued(): Call[] {
    return this.#queues.takeAll();
  }

  /** Executes calls regardless of their limits, because there is no time to wait. */
  execute(calls: readonly Call[], emit: Emit): void {
    for (const call of calls) {
      const command = this.#deps.commands.get(call.commandUUID)?.registration;
      if (command !== undefined) this.#execute(command, call, emit);
    }
  }

  /** Open windows, as reported by `admin.response.router.ratelimit-stats`. */
  get rateLimitStats(): RateLimitStats['stats'] {
    const stats: Record<string, RateLimitStats['stats'][string]> = {};
    for (const [key, { count }] of this.windows) {
      const command = this.#commandOf(key);
      if (command === undefined) continue;
      const { commandDisplayName, ratelimit } = command;
      stats[key] = { count, limit: ratelimit.limit, interval: ratelimit.interval, commandName: commandDisplayName };
    }
    return stats;
  }

  /** The command of a {@link limitKey}. Ids may contain colons: the longest one that is registered counts. */
  #commandOf(key: string): CommandRegistration | undefined {
    for (let end = key.lastIndexOf(':'); end > 0; end = key.lastIndexOf(':', end - 1)) {
      const command = this.#deps.commands.get(key.slice(0, end))?.registration;
      if (command !== undefined) return command;
    }
    return undefined;
  }

  /** Deletes expired windows. */
  sweep(nowMs: number): void {
    this.#windows.sweep(nowMs);
    this.#cooldown.sweep(nowMs);
  }

  clear(): void {
    this.#windows.clear();
    this.#queues.clear();
    this.#cooldown.clear();
  }
}
