/**
 * A clock that can be moved: replaces `Date` and the timers of this process. Moving it has the effect of a suspended machine: `Date` is
 * later, and due timers fire, an interval only once. Timers of `node:timers/promises` and of Node.js itself are not moved.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';

type Callback = (...args: unknown[]) => unknown;

interface Waiting {
  readonly run: () => unknown;
  /** On the moved clock, in milliseconds since 1970. */
  dueMs: number;
  /** Period of an interval. */
  readonly everyMs: number | undefined;
  /** Replaces the timer after a move. */
  moved: NodeJS.Timeout | undefined;
}

const real = {
  Date,
  setTimeout: timers.setTimeout,
  setInterval: timers.setInterval,
  clearTimeout: timers.clearTimeout,
  clearInterval: timers.clearInterval,
};

/** The longest delay that Node.js supports; a longer one is treated as 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

let offsetMs = 0;
const waiting = new Map<NodeJS.Timeout, Waiting>();

const nowMs = (): number => real.Date.now() + offsetMs;

/** Delay as Node.js understands it. */
const delayOf = (given: number | undefined): number => {
  const delayMs = Number(given);
  return delayMs >= 1 && delayMs <= LONGEST_MS ? delayMs : 1;
};

function movableTimeout(callback: Callback, delay?: number, ...args: unknown[]): NodeJS.Timeout {
  const delayMs = delayOf(delay);
  const entry: Waiting = {
    run: () => {
      forget(timer);
      return callback(...args);
    },
    dueMs: nowMs() + delayMs,
    everyMs: undefined,
    moved: undefined,
  };
  const timer: NodeJS.Timeout = real.setTimeout(() => entry.run(), delayMs);
  waiting.set(timer, entry);
  return timer;
}

function movableInterval(callback: Callback, period?: number, ...args: unknown[]): NodeJS.Timeout {
  const everyMs = delayOf(period);
  const entry: Waiting = {
    run: () => {
      entry.dueMs = nowMs() + everyMs;
      return callback(...args);
    },
    dueMs: nowMs() + everyMs,
    everyMs,
    moved: undefined,
  };
  const timer = real.setInterval(() => entry.run(), everyMs);
  waiting.set(timer, entry);
  return timer;
}

function forget(timer: NodeJS.Timeout): void {
  const entry = waiting.get(timer);
  waiting.delete(timer);
  real.clearTimeout(timer);
  real.clearTimeout(entry?.moved);
}

function clear(timer?: NodeJS.Timeout | string | number): void {
  if (timer === undefined || timer === null) return;
  if (typeof timer === 'object') return forget(timer);
  const found = [...waiting.keys()].find((each) => Number(each) === Number(timer));
  if (found === undefined) real.clearTimeout(timer);
  else forget(found);
}

/** Waits for the rest of a timeout. The timer object that the caller holds remains the key, and its `ref` state is kept. */
function rearm(timer: NodeJS.Timeout, entry: Waiting): void {
  real.clearTimeout(entry.moved);
  const moved = real.setTimeout(() => entry.run(), Math.max(1, entry.dueMs - nowMs()));
  if (!timer.hasRef()) moved.unref();
  entry.moved = moved;
}

/** Moves the clock forward. Runs due callbacks in order of their time. */
export function moveClock(byMs: number): void {
  offsetMs += byMs;
  const due = [...waiting].filter(([, entry]) => entry.dueMs <= nowMs()).sort(([, a], [, b]) => a.dueMs - b.dueMs);
  // A callback may clear another due timer.
  for (const [timer, entry] of due) if (waiting.has(timer)) entry.run();
  for (const [timer, entry] of waiting) if (entry.everyMs === undefined) rearm(timer, entry);
}

/** Replaces `Date` and the timers of this process, before anything else has used them. */
export function installClock(): void {
  globalThis.Date = new Proxy(real.Date, {
    construct: (target, args, newTarget: NewableFunction) =>
      Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget) as object,
    apply: () => new real.Date(nowMs()).toString(),
    get: (target, name, receiver) => (name === 'now' ? nowMs : (Reflect.get(target, name, receiver) as unknown)),
  });
  const movable = { setTimeout: movableTimeout, setInterval: movableInterval, clearTimeout: clear, clearInterval: clear };
  // `util.promisify(setTimeout)` finds the promise form by a symbol.
  for (const name of ['setTimeout', 'setInterval'] as const) {
    for (const symbol of Object.getOwnPropertySymbols(real[name])) {
      Object.defineProperty(movable[name], symbol, Object.getOwnPropertyDescriptor(real[name], symbol) ?? {});
    }
  }
  Object.assign(globalThis, movable);
  Object.assign(timers, movable);
  syncBuiltinESMExports();
}
