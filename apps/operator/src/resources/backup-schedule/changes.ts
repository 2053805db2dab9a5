import { setImmediate } from 'node:timers/promises';
import { messageOf } from '@eeveebot/contract';
import { NotLeaderError, NotSyncedError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import type { RefusedLast } from './refused-last.ts';
import { PostponedError, type ScheduleError } from './target-error.ts';

/**
 * Time after which changes are left to the next reconcile. A change consists of up to three requests, and others precede and follow: a webhook that does not answer, or that answers late, delays each for up to 30
 * seconds, and hundreds would exceed the time limit of a reconcile, which would then end without a status.
 */
const LONGEST_MS = { refused: 60_000, accepted: 120_000 } as const;

/** Time after which the work on hundreds of items yields to other work. */
const SLICE_MS = 5;

/** A change of one object. */
export interface Change {
  /** Resolves to whether anything was changed. */
  make(): Promise<boolean>;
  /** The failure to report when it is refused. */
  failureOf(error: unknown): ScheduleError;
}

/** Changes that belong together, such as those of a module. */
export interface ChangeItem {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** Changes that are made one after another. A refusal in one list does not keep another from being carried out. */
export interface ChangeList {
  /** Unique among the lists of a schedule. */
  readonly name: string;
  readonly items: readonly ChangeItem[];
}

/** Outcome of all changes of a reconcile. */
export interface Outcome {
  readonly failures: readonly ScheduleError[];
  readonly hasChanged: boolean;
}

interface Deps {
  /** Identifies the schedule. */
  readonly uid: string;
  readonly order: RefusedLast;
  readonly context: Pick<ReconcileContext, 'clock' | 'signal'>;
}

/**
 * Carries out lists of changes at the same time. A change that is refused does not end the others.
 *
 * @throws when the reconcile was aborted or must not write, once no change is under way.
 */
export async function makeChanges(lists: readonly ChangeList[], deps: Deps): Promise<Outcome> {
  const results = await Promise.allSettled(lists.map((list) => makeList(list, deps)));
  const outcomes = results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
  return { failures: outcomes.flatMap(({ failures }) => failures), hasChanged: outcomes.some(({ hasChanged }) => hasChanged) };
}

async function makeList(list: ChangeList, { uid, order, context }: Deps): Promise<Outcome> {
  const attempts = new Attempts(context);
  const attempted = new Map<string, boolean>();
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const { name, changes } of order.of(`${uid} ${list.name}`, list.items)) {
    if (performance.now() > sliceEndsMs) {
      await setImmediate();
      sliceEndsMs = performance.now() + SLICE_MS;
    }
    for (const change of changes) {
      const result = await attempts.attempt(change);
      if (result !== 'postponed') attempted.set(name, result === 'refused' || attempted.get(name) === true);
    }
  }
  order.note(`${uid} ${list.name}`, attempted, list.items);
  return attempts.outcome();
}

/** Changes of one list. */
class Attempts {
  readonly #context: Deps['context'];
  readonly #startedMs: number;
  readonly #failures: ScheduleError[] = [];
  #hasChanged = false;
  #postponed = 0;

  constructor(context: Deps['context']) {
    this.#context = context;
    this.#startedMs = context.clock.elapsedMs();
  }

  async attempt(change: Change): Promise<'done' | 'refused' | 'postponed'> {
    const { clock, signal } = this.#context;
    const longestMs = this.#failures.length > 0 ? LONGEST_MS.refused : LONGEST_MS.accepted;
    if (clock.elapsedMs() - this.#startedMs > longestMs) {
      this.#postponed++;
      return 'postponed';
    }
    try {
      this.#hasChanged = (await change.make()) || this.#hasChanged;
      return 'done';
    } catch (error) {
      if (signal.aborted || error instanceof NotLeaderError || error instanceof NotSyncedError) throw error;
      this.#hasChanged = true;
      this.#failures.push(change.failureOf(error));
      return 'refused';
    }
  }

  outcome(): Outcome {
    const failures = [...this.#failures];
    if (this.#postponed > 0) failures.push(new PostponedError(this.#postponed, causeOf(failures)));
    return { failures, hasChanged: this.#hasChanged };
  }
}

/** Why changes were postponed: the first refusal, preferably one that is retried as well. */
function causeOf(failures: readonly ScheduleError[]): string {
  const failure = failures.find(({ isFinal }) => !isFinal) ?? failures[0];
  return failure === undefined ? 'the API server takes long to answer' : messageOf(failure.cause);
}
