import { KeptMap } from '../delivery/kept-map.ts';
import { Queue } from './queue.ts';

/** Does its work, and calls back once when done. Never throws. */
type Task = (done: () => void) => void;

/** Tasks of one key. */
interface Lane {
  /** The task that is running, or next to run; `undefined` if nothing runs. */
  first: Task | undefined;
  /** The tasks after it, once there was one. */
  later: Queue<Task> | undefined;
  /** Called back by each task. */
  readonly done: () => void;
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
  readonly #lanes = new KeptMap<Lane>(({ first }) => first !== undefined);
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
    const lane = this.#lanes.get(key) ?? this.#opened(key);
    if (lane.first !== undefined) {
      lane.later ??= new Queue();
      lane.later.add(task);
      return;
    }
    lane.first = task;
    this.#waiting.add(lane);
    this.#start();
  }

  #opened(key: string): Lane {
    const lane: Lane = { first: undefined, later: undefined, done: () => this.#ended(lane) };
    this.#lanes.set(key, lane);
    return lane;
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
      lane.first?.(lane.done);
    }
    this.#isStarting = false;
  }

  #ended(lane: Lane): void {
    this.#running--;
    this.#tasks--;
    lane.first = lane.later?.take();
    if (lane.first !== undefined) this.#waiting.add(lane);
    this.#start();
    if (this.#tasks === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
