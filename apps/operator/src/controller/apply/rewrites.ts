import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../clock.ts';
import { setBounded } from '../set-bounded.ts';
import { Contests } from './contests.ts';

/** Maximum number of objects whose last applied mark is remembered. */
const REMEMBERED = 20_000;

/** This many overwritten objects within a minute indicate another program rather than a user. */
const MOST_REWRITES = 3;

interface MarkedObject {
  readonly namespace: string;
  readonly uid: string;
}

/**
 * Detects a second operator that takes no Lease here, such as a former release: it applies the same objects, and so replaces
 * this operator's mark by its own. Users change fields, but never the mark.
 */
export class Rewrites {
  readonly #log: Log;
  /** The last mark that this process applied, by uid; only since the last pause in the namespace of the object. */
  readonly #applied = new Map<string, { readonly namespace: string; readonly mark: string }>();
  /** By namespace. */
  readonly #contests: Contests;

  constructor(given: { readonly clock: Clock; readonly log: Log }) {
    this.#contests = new Contests({ clock: given.clock, most: MOST_REWRITES });
    this.#log = given.log;
  }

  /** Records that an object was applied with `mark`. */
  applied({ namespace, uid }: MarkedObject, mark: string): void {
    setBounded(this.#applied, [uid, { namespace, mark }], REMEMBERED);
  }

  /** Records that `mark` is about to be applied to an object that has the mark `observed`. */
  applying({ namespace, uid }: MarkedObject, { mark, observed }: { readonly mark: string; readonly observed: string | undefined }): void {
    if (observed === undefined || observed === mark || this.#applied.get(uid)?.mark !== mark) return;
    const pauseMs = this.#contests.lost(namespace);
    if (pauseMs === undefined) return;
    this.#log.error(rivalText(namespace), { pauseMs });
    // After the pause, all objects are restored once. If one of them is then overwritten again, the other operator is still active.
    for (const [appliedUid, applied] of this.#applied) if (applied.namespace === namespace) this.#applied.delete(appliedUid);
  }

  /** Why this operator pauses in a namespace. */
  rivalIn(namespace: string): string | undefined {
    return this.#contests.pausedForMs(namespace) > 0 ? rivalText(namespace) : undefined;
  }

  /** All namespaces in which this operator pauses. */
  get rivals(): readonly string[] {
    return this.#contests.paused.map(rivalText);
  }
}

const rivalText = (namespace: string): string =>
  `another operator, which does not use the Lease, reverts the objects of namespace ${namespace} to its own version: this operator stops writing there for a while; stop one of the two`;
