import { Worker } from 'node:worker_threads';
import { REGEX_LIMIT_MS } from './bounded-regexp.ts';
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
 * which restarts at the task that it stopped; a task that is stopped again is too slow.
 */
const WORKER = `
const { parentPort, workerData } = require('node:worker_threads');
const vm = require('node:vm');
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
  let stoppedAt = -1;
  let stops = 0;
  while (state.at < tasks.length) {
    try {
      script.runInContext(sandbox, { timeout: workerData.limitMs });
    } catch (error) {
      stops = state.at === stoppedAt ? stops + 1 : 1;
      stoppedAt = state.at;
      // The first stop may be the doing of the tasks before it, or of a busy machine.
      if (error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' && stops < 2) continue;
      state.outcomes[state.at++] = error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'timeout' : 'failed';
    }
  }
  parentPort.postMessage({ id, outcomes: state.outcomes });
});
`;

interface Batch {
  readonly tasks: readonly RegexTask[];
  readonly resolve: (outcomes: RegexOutcome[]) => void;
  readonly timer: NodeJS.Timeout;
}

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
      const waitingMs = this.#waiting * REGEX_LIMIT_MS * 2 + SILENCE_MS;
      const timer = startTimer(() => this.#fail(), waitingMs);
      this.#batches.set(id, { tasks, resolve, timer });
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
      workerData: { limitMs: REGEX_LIMIT_MS },
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 },
      execArgv: [],
    });
    worker.unref();
    worker.on('message', ({ id, outcomes }: { id: number; outcomes: RegexOutcome[] }) => this.#end(id, outcomes));
    const gone = (): void => {
      if (this.#worker === worker) this.#fail();
    };
    worker.on('error', gone);
    worker.on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  /** The thread has exited or is silent: the next task starts another. */
  #fail(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    for (const [id, { tasks }] of this.#batches) {
      this.#end(
        id,
        tasks.map(() => 'failed'),
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
