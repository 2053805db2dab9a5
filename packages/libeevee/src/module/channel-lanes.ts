interface Task {
  readonly work: () => Promise<void>;
  readonly outcome: PromiseWithResolvers<void>;
}

/** What one lane has still to do; its first task is the one that runs, or will. */
type Lane = Task[];

/**
 * Runs tasks that belong together one after the other, in the order in which they came, and different
 * ones side by side, up to a number of them at once. When all places are taken, the lane that has waited
 * longest is next, so that one busy channel holds up no other.
 *
 * @example
 * const lanes = new ChannelLanes(16);
 * await lanes.run('irc #eevee', () => answer(message));
 */
export class ChannelLanes {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with something to do for which there was no place yet. */
  readonly #waiting: string[] = [];
  #running = 0;
  #tasks = 0;
  #whenIdle: (() => void)[] = [];

  /** @param limit how many lanes may run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Tasks that run or wait. */
  get size(): number {
    return this.#tasks;
  }

  /** Settles when the work is done; rejects as it does. The lane goes on in either case. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    const task: Task = { work, outcome: Promise.withResolvers<void>() };
    this.#tasks++;
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.push(task);
    } else {
      this.#lanes.set(key, [task]);
      this.#start(key);
    }
    return task.outcome.promise;
  }

  /** Settles when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.#tasks === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #start(key: string): void {
    if (this.#running >= this.#limit) {
      this.#waiting.push(key);
      return;
    }
    const lane = this.#lanes.get(key);
    const task = lane?.[0];
    if (lane === undefined || task === undefined) return;
    this.#running++;
    const settle = (outcome: () => void): void => {
      lane.shift();
      this.#ended(key, lane);
      outcome();
    };
    task.work().then(
      () => settle(() => task.outcome.resolve()),
      (error: unknown) => settle(() => task.outcome.reject(error)),
    );
  }

  #ended(key: string, lane: Lane): void {
    this.#running--;
    this.#tasks--;
    if (lane.length === 0) this.#lanes.delete(key);
    else this.#waiting.push(key);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
    if (this.#tasks === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
