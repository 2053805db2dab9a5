import { Queue } from './queue.ts';

/** Does its work, and calls back once when done. Never throws. */
type Task = (done: () => void) => void;

/** Pending tasks of one key. */
interface Lane {
  readonly key: string;
  /** The task that is running, or next to run. */
  first: Task;
  /** The tasks after it, once there was one. */
  later: Queue<Task> | undefined;
}

/**
 * Runs tasks of the same key one after the other, in order of arrival, and tasks of different keys concurrently, up to a limit. At the
 * limit, the lane that has waited longest is next, so that a busy channel does not hold up others.
 *
 * @example
 * const lanes = new ChannelLanes(16);
 * lanes.run('irc #eevee', (done) => void answer(message).finally(done));
 */
export class ChannelLanes {
  readonly #limit: number;
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with pending tasks that have no slot yet. */
  readonly #waiting = new Queue<Lane>();
  #running = 0;
  #tasks = 0;
  #isStarting = false;
  #whenIdle: (() => void)[] = [];

  /** @param limit maximum number of lanes that run concurrently. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of running and waiting tasks. */
  get size(): number {
    return this.#tasks;
  }

  /** Runs the task in its turn, possibly synchronously. */
  run(key: string, task: Task): void {
    this.#tasks++;
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.later ??= new Queue();
      lane.later.add(task);
      return;
    }
    const opened: Lane = { key, first: task, later: undefined };
    this.#lanes.set(key, opened);
    this.#waiting.add(opened);
    this.#start();
  }

  /** Settles when no task runs or waits. */
  idle(): Promise<void> {
    if (this.#tasks === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Fills the free slots. Synchronous tasks do not grow the stack: their callbacks find this loop running. */
  #start(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < this.#limit) {
      const lane = this.#waiting.take();
      if (lane === undefined) break;
      this.#running++;
      lane.first(() => this.#ended(lane));
    }
    this.#isStarting = false;
  }

  #ended(lane: Lane): void {
    this.#running--;
    this.#tasks--;
    const next = lane.later?.take();
    if (next === undefined) this.#lanes.delete(lane.key);
    else {
      lane.first = next;
      this.#waiting.add(lane);
    }
    this.#start();
    if (this.#tasks === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
