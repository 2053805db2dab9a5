import { Worker } from 'node:worker_threads';
import { MAX_DELAYS, REGEX_LIMIT_MS } from './bounded-regexp.ts';
import type { Span } from './span-regexp.ts';

/** One expression to try on one text. */
export interface RegexTask {
  readonly pattern: string;
  readonly text: string;
}

/** The span of the match, `null` without one; `timeout` when the text exceeded the time limit, `failed` when it could not be tried. */
export type RegexOutcome = Span | null | 'timeout' | 'failed';

/** Captured before a test fakes them: the thread uses real time. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Maximum number of waiting tasks; further ones are not tried. */
const MAX_WAITING = 2_000;

/** Time for which the thread may be silent in addition to the limits of its tasks, in milliseconds; a busy machine needs some of it. */
const SILENCE_MS = 5_000;

/**
 * Source of the thread, inline because it must also run when the library is bundled into one file. The tasks of a batch share one clock,
 * which restarts at the task that it stopped. A task is too slow when it has used the processor for the limit in the attempts that began
 * with it: elapsed time does not count, because a busy machine adds to it.
 */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const vm = require('node:vm');
// The timer of an attempt starts a little before it, and rounds.
const ENOUGH = 0.8;
const cpuMs = () => {
  // Node 22 measures only whole processes.
  const { user, system } = (process.threadCpuUsage ?? process.cpuUsage).call(process);
  return (user + system) / 1000;
};
const regexes = new Map();
const compiled = (pattern) => {
  if (!regexes.has(pattern)) {
    if (regexes.size > 1000) regexes.clear();
    regexes.set(pattern, new RegExp(pattern));
  }
  return regexes.get(pattern);
};
const state = { tasks: [], at: 0, outcomes: [], attempt: 0, exec: undefined };
const sandbox = vm.createContext({ state });
const script = new vm.Script('for (; state.at < state.tasks.length; state.at++) state.outcomes[state.at] = state.exec(state.tasks[state.at])');
state.exec = ({ pattern, text }) => {
  const found = compiled(pattern).exec(text);
  return found === null ? null : [found.index, found.index + found[0].length];
};
parentPort.on('message', ({ id, tasks }) => {
  Object.assign(state, { tasks, at: 0, outcomes: [] });
  let began = { at: -1, stops: 0, spentMs: 0 };
  while (state.at < tasks.length) {
    const startedMs = cpuMs();
    try {
      script.runInContext(sandbox, { timeout: workerData.limitMs });
    } catch (error) {
      const isTimeout = error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
      if (began.at === state.at) began = { at: state.at, stops: began.stops + 1, spentMs: began.spentMs + cpuMs() - startedMs };
      // Stopped for the first time, perhaps because of the tasks before it.
      else began = { at: state.at, stops: 1, spentMs: 0 };
      const isTooSlow = began.spentMs >= workerData.limitMs * ENOUGH;
      if (isTimeout && !isTooSlow && began.stops <= workerData.maxDelays) continue;
      const outcome = isTimeout && isTooSlow ? 'timeout' : 'failed';
      parentPort.postMessage({ id, at: state.at, outcome });
      state.outcomes[state.at++] = outcome;
    }
  }
  parentPort.postMessage({ id, outcomes: state.outcomes });
});
`;

interface Batch {
  readonly tasks: readonly RegexTask[];
  /** Tasks that have exceeded the time limit, or could not be tried, in a batch that the thread still works on. */
  readonly slow: Map<number, RegexOutcome>;
  readonly resolve: (outcomes: RegexOutcome[]) => void;
  timer: NodeJS.Timeout;
}

/** Sent by the thread for each slow task, and at the end of a batch. */
type Answer = { readonly id: number } & ({ readonly at: number; readonly outcome: RegexOutcome } | { readonly outcomes: RegexOutcome[] });

/**
 * Tries expressions that no linear engine supports in a separate thread, each for at most {@link REGEX_LIMIT_MS}, so that the caller is
 * never blocked. The thread starts with the first task and does not keep the process alive.
 *
 * @example
 * const regexes = new BoundedRegexes();
 * await regexes.evaluate([{ pattern: '^a(?!b)', text: 'ac' }]); // [[0, 1]]
 */
export class BoundedRegexes {
  readonly #batches = new Map<number, Batch>();
  #worker: Worker | undefined;
  #lastId = 0;
  #waiting = 0;

  /** The outcomes, in the order of the tasks. Never rejects. */
  evaluate(tasks: readonly RegexTask[]): Promise<RegexOutcome[]> {
    if (this.#waiting + tasks.length > MAX_WAITING && this.#waiting > 0) return Promise.resolve(tasks.map(() => 'failed'));
    this.#waiting += tasks.length;
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#batches.set(id, { tasks, slow: new Map(), resolve, timer: this.#startTimer() });
      this.#started().postMessage({ id, tasks }, []);
    });
  }

  /** Ends the thread; waiting tasks fail. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail();
    await worker?.terminate();
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(WORKER, {
      eval: true,
      workerData: { limitMs: REGEX_LIMIT_MS, maxDelays: MAX_DELAYS },
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (answer: Answer) => {
      if ('outcomes' in answer) this.#end(answer.id, answer.outcomes);
      else this.#note(answer.id, answer.at, answer.outcome);
    });
    const gone = (): void => {
      if (this.#worker === worker) this.#fail();
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #startTimer(): NodeJS.Timeout {
    return startTimer(() => this.#fail(), this.#waiting * REGEX_LIMIT_MS * 2 + SILENCE_MS);
  }

  /** A task is done, so the thread is not silent. Its outcome counts even if the thread fails before the end of the batch. */
  #note(id: number, at: number, outcome: RegexOutcome): void {
    this.#batches.get(id)?.slow.set(at, outcome);
    for (const batch of this.#batches.values()) {
      stopTimer(batch.timer);
      batch.timer = this.#startTimer();
    }
  }

  /** The thread has exited or is silent: the next task starts another. */
  #fail(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const [id, { tasks, slow }] of this.#batches) {
      this.#end(
        id,
        tasks.map((_task, at) => slow.get(at) ?? 'failed'),
      );
    }
    void worker?.terminate();
  }

  #end(id: number, outcomes: RegexOutcome[]): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) return;
    this.#batches.delete(id);
    stopTimer(batch.timer);
    this.#waiting -= batch.tasks.length;
    batch.resolve(outcomes);
  }
}
