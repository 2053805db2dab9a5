import type { Clock } from '../clock.ts';
import { canonicalJson } from '../json.ts';
import type { Desired } from '../objects/desired.ts';
import { isOwnCreation, ownEntry, ownsAll } from '../objects/field-ownership.ts';
import type { FieldSet, KubeObject, ManagedFields } from '../objects/kube-object.ts';
import { setBounded } from '../set-bounded.ts';
import { markOf, wouldChange } from './difference.ts';
import { mergePatch } from './merge-patch.ts';

/** Maximum number of objects for which a deviating server response is remembered. Few ever deviate. */
const REMEMBERED = 10_000;

/** Validity of a deviating response: the webhook or the definition that caused it may be gone by then. */
const DEVIATION_MS = 3_600_000;

/** A desired object with the mark of its content. */
export interface Marked {
  readonly desired: Desired<KubeObject>;
  readonly mark: string;
}

/** The fields that the server granted when it granted or kept fewer than an apply with this mark asked for. */
interface Deviation {
  readonly mark: string;
  readonly fields: FieldSet;
  /** The server stored all fields. In a new object, a field with the default value, such as 0, has no recorded owner. */
  readonly isKept: boolean;
  /** By the monotonic clock. */
  readonly atMs: number;
}

/**
 * Everything that a desired object is computed from, in a fixed order. Compared by identity: cached objects and their parts stay the same
 * until they change.
 */
export type Source = readonly unknown[];

/**
 * Remembered responses of the server: what it stores for a desired object. A write is due only if it would change that, even if the
 * server stores something else than what was written, such as fewer fields. A deviation in what it stores counts for an hour, so that a
 * resync tries again.
 */
export class SettledResponses {
  readonly #clock: Pick<Clock, 'elapsedMs'>;
  /** Entries of the operator's fields in cached objects that match the desired state, with its mark. Status updates leave an entry as it is. */
  readonly #held = new WeakMap<ManagedFields, string>();
  /** By the same entries: what the desired state was computed from, and the owners that the object had. */
  readonly #sources = new WeakMap<ManagedFields, { readonly source: Source; readonly owners: unknown }>();
  /** By uid. */
  readonly #deviations = new Map<string, Deviation>();
  /** By uid: a status that the server stores differently from what was written. */
  readonly #statuses = new Map<string, { readonly written: string; readonly kept: string; readonly atMs: number }>();

  constructor(clock: Pick<Clock, 'elapsedMs'>) {
    this.#clock = clock;
  }

  /** Whether an apply would change the observed object. */
  isDue({ desired, mark }: Marked, observed: KubeObject): boolean {
    // An object that is being deleted cannot be kept; its deletion triggers the creation of a new one.
    if (observed.metadata.deletionTimestamp !== undefined) return false;
    const entry = ownEntry(observed.metadata.managedFields ?? []);
    if (entry !== undefined && markOf(observed) === mark && this.#held.get(entry) === mark) return false;
    const deviation = this.#deviationOf(observed, mark);
    if (deviation !== undefined) return this.#isOver(deviation) || wouldChange({ desired, mark, observed, settled: deviation.fields });
    const isDue = wouldChange({ desired, mark, observed });
    if (!isDue && entry !== undefined) this.#held.set(entry, mark);
    return isDue;
  }

  #deviationOf({ metadata: { uid = '' } }: KubeObject, mark: string): Deviation | undefined {
    const known = this.#deviations.get(uid);
    return known?.mark === mark ? known : undefined;
  }

  /** Whether another attempt may have a different result. */
  #isOver(deviation: Deviation): boolean {
    return !deviation.isKept && !this.#isRecent(deviation);
  }

  #isRecent({ atMs }: { readonly atMs: number }): boolean {
    return this.#clock.elapsedMs() - atMs < DEVIATION_MS;
  }

  /** Notes what the desired state of an object was computed from, if the object matches it. */
  derived(source: Source, observed: KubeObject): void {
    const entry = this.#heldEntry(observed);
    if (entry !== undefined) this.#sources.set(entry, { source, owners: observed.metadata.ownerReferences });
  }

  /** Whether an object matches the desired state that would be computed from `source`. */
  isDerived(source: Source, observed: KubeObject): boolean {
    const { deletionTimestamp, ownerReferences } = observed.metadata;
    const entry = this.#heldEntry(observed);
    const known = entry && this.#sources.get(entry);
    if (known === undefined || deletionTimestamp !== undefined || known.owners !== ownerReferences) return false;
    return known.source.length === source.length && known.source.every((part, index) => part === source[index]);
  }

  /** Entry of the operator's fields in an object that matches the desired state that it is marked with. */
  #heldEntry(observed: KubeObject): ManagedFields | undefined {
    const entry = ownEntry(observed.metadata.managedFields ?? []);
    return entry !== undefined && this.#held.get(entry) === markOf(observed) ? entry : undefined;
  }

  /**
   * Notes whether the server granted and kept all fields of an apply.
   *
   * @param given.isKept whether the response has all fields.
   * @param given.cached the response in its cached form: it shares sets of fields with other objects, so they are parsed only once.
   * @returns whether it did.
   */
  applied({ desired, mark }: Marked, { isKept, cached }: { readonly isKept: boolean; readonly cached: KubeObject }): boolean {
    const { uid = '', managedFields = [] } = cached.metadata;
    const entry = ownEntry(managedFields);
    const fields = entry?.fieldsV1 ?? {};
    const isComplete = ownsAll(fields, desired, { isOnlyCreated: entry !== undefined && isOwnCreation(entry) }) && isKept;
    if (!isComplete) setBounded(this.#deviations, [uid, { mark, fields, isKept, atMs: this.#clock.elapsedMs() }], REMEMBERED);
    else {
      this.#deviations.delete(uid);
      if (entry !== undefined) this.#held.set(entry, mark);
    }
    return isComplete;
  }

  /** Whether the server keeps the status as it is when this one is written. */
  isSettledStatus(uid: string, status: object, before: object): boolean {
    const settled = this.#statuses.get(uid);
    return (
      settled !== undefined &&
      this.#isRecent(settled) &&
      settled.written === canonicalJson(status) &&
      settled.kept === canonicalJson(before)
    );
  }

  /** @param kept the status that the server stores after `written` was sent. */
  statusWritten(uid: string, written: object, kept: object): void {
    if (mergePatch(kept, written) === undefined) this.#statuses.delete(uid);
    else {
      const atMs = this.#clock.elapsedMs();
      setBounded(this.#statuses, [uid, { written: canonicalJson(written), kept: canonicalJson(kept), atMs }], REMEMBERED);
    }
  }
}
