/**
 * Writes only what differs: desired object → mark of its content (`content-marks.ts`, `difference.ts`) → checks of ownership
 * (`foreign-object.ts`) and takeover of objects of former releases (`take-over.ts`, `adoption.ts`) → server-side apply → response into the
 * cache. Objects of types that are not watched take a shorter way (`apply-unwatched.ts`).
 * `settled-responses.ts` remembers what the server stored; `rewrites.ts` watches for a second operator that reverts it, and `repairs.ts`
 * for other clients that do (`contests.ts`). Reconcilers see only the interface of `writer.ts`.
 */
import { defined } from '@eeveebot/contract';
import type { Client, PropagationPolicy } from '../api/client.ts';
import type { Cache } from '../cache/cache.ts';
import type { Clock } from '../clock.ts';
import { isConflict, isInvalid, isNotFound } from '../errors.ts';
import { contendersFor } from '../objects/contested-fields.ts';
import type { Desired } from '../objects/desired.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import { hasAllFields } from '../objects/present-fields.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { applyUnwatched } from './apply-unwatched.ts';
import { changedStatus } from './changed-status.ts';
import { ContentMarks } from './content-marks.ts';
import { contentChecksum, hasSameContent, marked, markOf } from './difference.ts';
import { assertNotForeign, madeByOthers } from './foreign-object.ts';
import { isStop, type Repairs } from './repairs.ts';
import type { Rewrites } from './rewrites.ts';
import { type Marked, SettledResponses, type Source } from './settled-responses.ts';
import { takeOver } from './take-over.ts';
import type { Applied, Writer } from './writer.ts';

/** Maximum attempts of an apply, each with a more recent cache. */
const MOST_ATTEMPTS = 3;

interface Attempt {
  readonly signal: AbortSignal;
  readonly attempt: number;
}

/** State that all writers of one process share. */
interface Memory {
  readonly marks: ContentMarks;
  readonly settled: SettledResponses;
}

/** Marks of objects whose content is secret: a plain checksum of it could be guessed. */
export interface SecretMarker {
  /** `current` if it matches `checksum`, otherwise a new mark that does. */
  mark(checksum: string, current: string | undefined): Promise<string>;
}

/** Dependencies of a writer in addition to the client and the cache. */
export interface ApiWriterOptions {
  readonly clock: Pick<Clock, 'elapsedMs'>;
  readonly secretMarks: SecretMarker;
  /** Records what is applied. */
  readonly rewrites?: Rewrites | undefined;
  /** Detects clients that undo what is applied. */
  readonly repairs?: Repairs | undefined;
}

/** Writes through the API, and skips writes whose result is already in the cache. */
export class ApiWriter implements Writer {
  readonly #client: Client;
  readonly #cache: Cache;
  readonly #memory: Memory;
  readonly #options: ApiWriterOptions;

  constructor(client: Client, cache: Cache, options: ApiWriterOptions, memory?: Memory) {
    this.#client = client;
    this.#cache = cache;
    this.#options = options;
    this.#memory = memory ?? { marks: new ContentMarks(), settled: new SettledResponses(options.clock) };
  }

  /**
   * This writer with a check before each change: after a reconcile was aborted or the process lost leadership, no
   * change is sent, whatever signal it has and however long it waited for a connection.
   *
   * @param permit throws when it may not.
   */
  guardedBy(permit: () => void): Writer {
    return new ApiWriter(this.#client.guardedBy(permit), this.#cache, this.#options, this.#memory);
  }

  apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>> {
    return this.#apply(type, desired, { signal, attempt: 1 });
  }

  async isDue<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>): Promise<boolean> {
    return (await this.#compare(type, desired)).isDue;
  }

  async #compare<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>) {
    const store = this.#cache.complete.store(type);
    const mark = await this.#markFor(type, desired, markOf(store.get(desired.metadata)));
    const observed = store.get(desired.metadata);
    return { mark, observed, isDue: observed === undefined || this.#memory.settled.isDue({ desired, mark }, observed) };
  }

  isDerived(type: ResourceType, key: ObjectKey, source: Source): boolean {
    const observed = this.#cache.complete.store(type).get(key);
    return observed !== undefined && this.#memory.settled.isDerived(source, observed);
  }

  noteSource(type: ResourceType, applied: KubeObject, source: Source): void {
    const { namespace = '', name } = applied.metadata;
    const observed = this.#cache.complete.store(type).get({ namespace, name });
    if (observed !== undefined && markOf(observed) === markOf(applied)) this.#memory.settled.derived(source, observed);
  }

  async #apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, options: Attempt): Promise<Applied<T>> {
    const { signal } = options;
    const { mark, observed, isDue } = await this.#compare(type, desired);
    assertNotForeign(desired, observed);
    if (observed !== undefined && !isDue) return { outcome: 'unchanged', object: observed };
    if (observed !== undefined && markOf(observed) === mark) await this.#assertUncontested(type, { desired, observed }, signal);

    try {
      if (observed !== undefined) return await this.#change(type, { desired, mark, observed }, signal);
      return await this.#create(type, { desired, mark }, signal);
    } catch (error) {
      if (options.attempt >= MOST_ATTEMPTS || !(await this.#wasOutdated(type, { desired, observed, error }, signal))) throw error;
      return this.#apply(type, desired, { signal, attempt: options.attempt + 1 });
    }
  }

  /** Changes only the observed object: an apply without its uid would create the object again if it is gone. */
  async #change<T extends KubeObject>(
    type: ResourceType<T>,
    { desired, mark, observed }: { readonly desired: Desired<T>; readonly mark: string; readonly observed: T },
    signal: AbortSignal,
  ): Promise<Applied<T>> {
    const { uid = '' } = observed.metadata;
    this.#options.rewrites?.applying({ namespace: desired.metadata.namespace, uid }, { mark, observed: markOf(observed) });
    const wasFormer = await takeOver(type, { desired, observed }, { client: this.#client, signal });
    const body = marked(desired, mark);
    const object = await this.#client.apply(type, { ...body, metadata: { ...body.metadata, uid } }, signal);
    const isComplete = this.#takeResponse(type, { desired, mark }, object);
    if (wasFormer) return { outcome: 'adopted', object };
    if (object.metadata.resourceVersion === observed.metadata.resourceVersion) return { outcome: 'unchanged', object };
    if (markOf(observed) !== mark) return { outcome: 'updated', object };
    // A webhook that drops fields each time may change something else as well.
    if (!isComplete || hasSameContent(observed, object)) return { outcome: 'unchanged', object };
    this.#options.repairs?.repaired(uid);
    return { outcome: 'repaired', object };
  }

  /** @throws ApiError while another client changes the object as often as it is repaired. */
  async #assertUncontested<T extends KubeObject>(
    type: ResourceType<T>,
    { desired, observed }: { readonly desired: Desired<T>; readonly observed: T },
    signal: AbortSignal,
  ): Promise<void> {
    const { repairs } = this.#options;
    const { uid = '' } = observed.metadata;
    if (repairs?.isContested(uid) !== true || isStop(desired)) return;
    const { namespace, name } = desired.metadata;
    throw await repairs.refusal({ kind: type.kind, name, uid }, async () => {
      const current = await this.#client.get(type, { namespace, name }, { signal });
      return current === undefined ? [] : contendersFor(desired, current);
    });
  }

  dryRun<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void> {
    return this.#client.dryRun(type, desired, signal);
  }

  applyUnwatched<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<T> {
    return applyUnwatched(type, desired, { client: this.#client, signal });
  }

  async create<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>> {
    return this.#create(type, { desired, mark: await this.#markFor(type, desired, undefined) }, signal);
  }

  async #create<T extends KubeObject>(
    type: ResourceType<T>,
    { desired, mark }: { readonly desired: Desired<T>; readonly mark: string },
    signal: AbortSignal,
  ): Promise<Applied<T>> {
    const object = await this.#client.create(type, marked(desired, mark), { signal });
    this.#takeResponse(type, { desired, mark }, object);
    return { outcome: 'created', object };
  }

  async writeStatus<T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    stated: NonNullable<T['status']>,
    signal: AbortSignal,
  ): Promise<void> {
    const { namespace = '', name, uid = '' } = object.metadata;
    const cached = this.#cache.store(type).get({ namespace, name });
    const base = cached?.metadata.uid === uid ? cached : object;
    const before = base.status ?? {};
    const change = changedStatus(before, stated);
    if (change === undefined) return;
    const { status, patch } = change;
    if (this.#memory.settled.isSettledStatus(uid, status, before)) return;
    const { resourceVersion } = base.metadata;
    try {
      const written = await this.#client.patchStatus(type, { namespace, name }, { metadata: { resourceVersion }, status: patch }, signal);
      this.#memory.settled.statusWritten(uid, status, written.status ?? {});
      this.#cache.assume(type, written);
    } catch (error) {
      // The resource is gone, or it has changed, possibly because another object now has its name. Then
      // this status is outdated, and the watch is about to deliver a change that triggers a new one.
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  async tryCreate<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void> {
    await this.#client.create(type, desired, { signal, dryRun: true });
  }

  delete(
    type: ResourceType,
    object: KubeObject,
    signal: AbortSignal,
    { foreground = false }: { readonly foreground?: boolean } = {},
  ): Promise<boolean> {
    return this.#delete(type, object, { signal, propagationPolicy: foreground ? 'Foreground' : 'Background' });
  }

  orphan(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<boolean> {
    return this.#delete(type, object, { signal, propagationPolicy: 'Orphan' });
  }

  async #delete(
    type: ResourceType,
    object: KubeObject,
    options: { readonly signal: AbortSignal; readonly propagationPolicy: PropagationPolicy },
  ): Promise<boolean> {
    const { namespace = '', name, uid = '' } = object.metadata;
    try {
      const ending = await this.#client.delete(type, { namespace, name }, { uid, ...options });
      if (ending === undefined) this.#cache.assumeDeleted(type, object);
      else this.#cache.assume(type, ending);
      return true;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
  }

  read<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined> {
    return this.#client.get(type, key, { signal });
  }

  async list<T extends KubeObject>(type: ResourceType<T>, namespace: string, signal: AbortSignal): Promise<readonly T[]> {
    const items: T[] = [];
    // The API server leaves them out of the items of a list.
    const { apiVersion, kind } = type;
    let continueToken: string | undefined;
    do {
      const page = await this.#client.list(type, { namespace, signal, ...defined({ continueToken }) });
      items.push(...page.items.map((item) => ({ ...item, apiVersion, kind })));
      continueToken = page.continueToken === '' ? undefined : page.continueToken;
    } while (continueToken !== undefined);
    return items;
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    const object = await this.#client.patch(type, key, patch, { signal });
    this.#cache.assume(type, object);
    return object;
  }

  /**
   * Whether a request failed because the cache was outdated: the object missing there exists, or the object found there is gone. The
   * cache is up to date afterwards. An existing object that the operator did not make is reported, because it may be a user's.
   */
  async #wasOutdated<T extends KubeObject>(
    type: ResourceType<T>,
    { desired, observed, error }: { readonly desired: Desired<T>; readonly observed: T | undefined; readonly error: unknown },
    signal: AbortSignal,
  ): Promise<boolean> {
    if (!isConflict(error) && !isInvalid(error)) return false;
    const { namespace, name } = desired.metadata;
    const current = await this.#client.get(type, { namespace, name }, { signal });
    if (current?.metadata.uid === observed?.metadata.uid) return false;
    if (observed !== undefined) this.#cache.assumeDeleted(type, observed);
    if (current === undefined) return true;
    if (markOf(current) === undefined) throw madeByOthers(type, name);
    this.#cache.assume(type, current);
    return true;
  }

  async #markFor(type: ResourceType, desired: object, current: string | undefined): Promise<string> {
    if (type.apiVersion === 'v1' && type.kind === 'Secret') return this.#options.secretMarks.mark(contentChecksum(desired), current);
    return current === undefined ? this.#memory.marks.ofNew(desired) : this.#memory.marks.of(desired);
  }

  /** Takes the response to a write into the cache. @returns whether the server granted and kept all fields. */
  #takeResponse(type: ResourceType, written: Marked, response: KubeObject): boolean {
    const { desired, mark } = written;
    this.#options.rewrites?.applied({ namespace: desired.metadata.namespace, uid: response.metadata.uid ?? '' }, mark);
    const isKept = hasAllFields(response, type.isAnsweredInBrief === true ? { metadata: desired.metadata } : desired);
    return this.#memory.settled.applied(written, { isKept, cached: this.#cache.assume(type, response) ?? response });
  }
}
