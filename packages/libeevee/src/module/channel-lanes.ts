import { Queue } from './queue.ts';

/** Does something, and calls back once when it is done. It never throws. */
type Task = (done: () => void) => void;

/** What one lane has still to do; its first task is the one that runs, or will. */
type Lane = Queue<Task>;

/**
 * Runs tasks that belong together one after the other, in the order in which they came, and different
 * ones side by side, up to a number of them at once. When all places are taken, the lane that has waited
 * longest is next, so that one busy channel holds up no other.
 *
 * @example
 * const lanes = new ChannelLanes(16);
 * lanes.run('irc #eevee', (done) => void answer(message).finally(done));
 */
export class ChannelLanes {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with something to do for which there was no place yet. */
  readonly #waiting = new Queue<string>();
  #running = 0;
  #tasks = 0;
  #isStarting = false;
  #whenIdle: (() => void)[] = [];

  /** @param limit how many lanes may run at once. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Tasks that run or wait. */
  get size(): number {
    return this.#tasks;
  }

  /** Runs the task in its turn, which may be at once. */
  run(key: string, task: Task): void {
    this.#tasks++;
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.add(task);
      return;
    }
    const opened: Lane = new Queue();
    opened.add(task);
    this.#lanes.set(key, opened);
    this.#waiting.add(key);
    this.#start();
  }

  /** Settles when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.#tasks === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Fills the places that are free. Tasks that are done at once do not pile up on the stack: their ends find it at work. */
  #start(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < this.#limit) {
      const key = this.#waiting.take();
      const lane = key === undefined ? undefined : this.#lanes.get(key);
      if (key === undefined || lane === undefined) break;
      this.#running++;
      lane.first?.(() => this.#ended(key, lane));
    }
    this.#isStarting = false;
  }

  #ended(key: string, lane: Lane): void {
    lane.take();
    this.#running--;
    this.#tasks--;
    if (lane.size === 0) this.#lanes.delete(key);
    else this.#waiting.add(key);
    this.#start();
    if (this.#tasks === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
