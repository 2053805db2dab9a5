import type { Clock } from '../clock.ts';
import { ApiError, CONTESTED } from '../errors.ts';
import type { Contender } from '../objects/contested-fields.ts';
import { isRecord } from '../json.ts';
import { setBounded } from '../set-bounded.ts';
import { Contests } from './contests.ts';

/** This many repairs of one object within a minute indicate another program rather than a user. An autoscaler writes four times a minute. */
const MOST_REPAIRS = 4;

/** Maximum number of objects whose contest is remembered. */
const REMEMBERED = 1_000;

/**
 * Detects a client that changes fields of an object as often as the operator restores them, such as an autoscaler that sets `replicas` of
 * a Deployment. The operator then leaves the object as it is for a while, instead of writing in turns with the other client.
 */
export class Repairs {
  /** By uid. */
  readonly #contests: Contests;
  /** Why an object is left as it is, by uid. */
  readonly #reasons = new Map<string, string>();

  constructor(given: { readonly clock: Clock }) {
    this.#contests = new Contests({ clock: given.clock, most: MOST_REPAIRS });
  }

  /** Records that fields were restored which another client had changed. */
  repaired(uid: string): void {
    if (this.#contests.lost(uid) !== undefined) this.#reasons.delete(uid);
  }

  /** Whether the object is left as it is. */
  isContested(uid: string): boolean {
    return this.#contests.pausedForMs(uid) > 0;
  }

  /**
   * The error with which a repair of a contested object ends.
   *
   * @param object kind, name and uid of it.
   * @param contenders called once in each pause.
   */
  async refusal(
    object: { readonly kind: string; readonly name: string; readonly uid: string },
    contenders: () => Promise<readonly Contender[]>,
  ) {
    const message = this.#reasons.get(object.uid) ?? contestText(object, await contenders());
    setBounded(this.#reasons, [object.uid, message], REMEMBERED);
    return new ApiError(message, { code: 409, reason: CONTESTED, retryAfterMs: this.#contests.pausedForMs(object.uid) });
  }
}

/**
 * Whether `desired` stops the workload. This is repaired at once, however often another client changes it, because a restore may have
 * claimed the volume.
 */
export function isStop(desired: object): boolean {
  const spec = 'spec' in desired && isRecord(desired.spec) ? desired.spec : {};
  return spec['replicas'] === 0 || spec['suspend'] === true;
}

function contestText({ kind, name }: { readonly kind: string; readonly name: string }, contenders: readonly Contender[]): string {
  const who = contenders.map(({ manager, fields }) => `${manager} (${fields.join(', ')})`).join(' and ');
  const change = who === '' ? 'another client removes or changes fields' : `${who} changes fields`;
  return `${kind} ${name} is left as another client wrote it for a while: ${change} as often as the operator restores them; stop that client, or leave these fields to it`;
}
