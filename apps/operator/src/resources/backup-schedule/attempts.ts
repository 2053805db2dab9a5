import type { KubeObject } from '../../controller/objects/kube-object.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { ScheduleError } from './target-error.ts';

/** Time after which changes of which some were refused are left to the next reconcile. */
const LONGEST_MS = 60_000;

/**
 * Changes that are attempted one after another. One that is refused does not end the others, unless the refusals take long: a webhook that
 * does not answer delays each request for up to 30 seconds, and hundreds would exceed the time limit of a reconcile, which would then end
 * without a status.
 */
export class Attempts {
  readonly failures: ScheduleError[] = [];
  hasChanged = false;
  #postponed = 0;
  readonly #context: Pick<ReconcileContext, 'clock' | 'signal' | 'writer'>;
  readonly #startedMs: number;

  constructor(context: Pick<ReconcileContext, 'clock' | 'signal' | 'writer'>) {
    this.#context = context;
    this.#startedMs = context.clock.elapsedMs();
  }

  /** Changes that were left to the next reconcile. */
  get postponed(): number {
    return this.#postponed;
  }

  /**
   * Makes a change.
   *
   * @param change resolves to whether it changed anything.
   * @throws the reason of the reconcile's signal, when that was aborted.
   */
  async attempt(change: () => Promise<boolean>, failureOf: (error: unknown) => ScheduleError): Promise<'done' | 'refused' | 'postponed'> {
    const { clock, signal } = this.#context;
    if (this.failures.length > 0 && clock.elapsedMs() - this.#startedMs > LONGEST_MS) {
      this.#postponed++;
      return 'postponed';
    }
    try {
      this.hasChanged = (await change()) || this.hasChanged;
      return 'done';
    } catch (error) {
      if (signal.aborted) throw error;
      this.hasChanged = true;
      this.failures.push(failureOf(error));
      return 'refused';
    }
  }

  /** Deletes an object, as an attempt. */
  readonly remove: Remove = async (type, object) => {
    const { writer, signal } = this.#context;
    let existed = false;
    const change = async () => {
      existed = await writer.delete(type, object, signal);
      return true;
    };
    await this.attempt(change, (error) => new ScheduleError(`${type.kind} ${object.metadata.name} could not be removed`, error));
    return existed;
  };
}

/** Removes an object. @returns whether it existed; false as well if that was refused, which is reported, or postponed. */
export type Remove = (type: ResourceType, object: KubeObject) => Promise<boolean>;

/** Outcome of all changes of a reconcile. */
export interface Outcome {
  readonly failures: readonly ScheduleError[];
  readonly hasChanged: boolean;
}

/** Joins the outcomes of attempts. Those that were postponed are a failure of their own, with the cause of the first. */
export function outcomeOf(all: readonly Attempts[]): Outcome {
  const failures = all.flatMap((each) => each.failures);
  const postponed = all.reduce((sum, each) => sum + each.postponed, 0);
  const text = `${postponed} further ${postponed === 1 ? 'change was' : 'changes were'} not attempted yet`;
  return {
    failures: postponed === 0 ? failures : [...failures, new ScheduleError(text, failures[0]?.cause)],
    hasChanged: all.some(({ hasChanged }) => hasChanged),
  };
}
