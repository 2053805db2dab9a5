import { defined, FIELD_MANAGER, PATCH_FIELD_MANAGER } from '@eeveebot/contract';
import { ApiError } from '../errors.ts';
import type { Desired } from '../objects/desired.ts';
import type { KubeObject, ObjectMeta } from '../objects/kube-object.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { knownEvent, type WatchEvent } from './known-event.ts';
import { withOwnFieldsOnly } from './own-fields.ts';
import { PacedLines } from './paced-lines.ts';
import { Slices } from './slices.ts';
import type { ApiRequest, Transport } from './transport.ts';

/** Objects per page of a list: parsing a page blocks the event loop for a few milliseconds. */
const PAGE_SIZE = 100;

const APPLY_PATCH = 'application/apply-patch+yaml';
const MERGE_PATCH = 'application/merge-patch+json';
/** Names the manager of the written fields, and makes an apply take over fields of other managers. */
const AS_MANAGER = new URLSearchParams({ fieldManager: FIELD_MANAGER }).toString();
const AS_MANAGER_DRY = `${AS_MANAGER}&dryRun=All`;
const FORCED_APPLY = new URLSearchParams({ fieldManager: FIELD_MANAGER, force: 'true' }).toString();

const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** A page of a list. */
export interface Page<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Token of the next page; empty after the last. */
  readonly continueToken: string;
}

export type { WatchEvent } from './known-event.ts';

/** Policy for the dependents of a deleted object. */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** Options of a request. */
export interface RequestOptions {
  readonly signal: AbortSignal;
  /** The request must not queue behind slow requests. */
  readonly urgent?: boolean;
  /** The request does not count for {@link Client.quietMs}. */
  readonly background?: boolean;
}

/**
 * Client of the Kubernetes API for any resource type. Objects are passed as the server's JSON, without dropping or
 * converting fields.
 */
export class Client {
  readonly #transport: Transport;
  readonly #permit: (() => void) | undefined;
  readonly #slices: Slices;

  /** @param permit throws when a change may not be sent. It is called immediately before the change is sent. */
  constructor(transport: Transport, permit?: () => void, slices = new Slices()) {
    this.#transport = transport;
    this.#permit = permit;
    this.#slices = slices;
  }

  /** This client with a check before each change. Reads are not checked. */
  guardedBy(permit: () => void): Client {
    return new Client(this.#transport, permit, this.#slices);
  }

  /** URL of the API server. */
  get server(): string {
    return this.#transport.server;
  }

  /** Time since the last request, not counting watches and background requests; 0 while one is in flight. */
  get quietMs(): number {
    return this.#transport.quietMs;
  }

  /** Whether requests wait for others, although none like them are slow. */
  get isBusy(): boolean {
    return this.#transport.isBusy;
  }

  /**
   * One page of the objects of a type, in one namespace or in all if none is given. Items come as the server sends them, so they
   * may lack apiVersion and kind.
   *
   * @param given.limit most objects of the page.
   */
  async list<T extends KubeObject>(
    type: ResourceType<T>,
    given: { namespace: string | undefined; continueToken?: string; limit?: number; signal: AbortSignal },
  ): Promise<Page<T>> {
    const { namespace, continueToken, limit = PAGE_SIZE, signal } = given;
    const query = selection(type);
    query.set('limit', String(limit));
    if (continueToken !== undefined && continueToken !== '') query.set('continue', continueToken);
    const { metadata, items } = await this.#transport.json<{
      metadata: { resourceVersion: string; continue?: string };
      items: readonly T[] | null;
    }>({ method: 'GET', path: `${collectionPath(type, namespace)}?${query.toString()}`, accept: acceptList(type), signal });
    return {
      items: items ?? [],
      resourceVersion: metadata.resourceVersion,
      continueToken: metadata.continue ?? '',
    };
  }

  /**
   * Calls back with each change to the objects of a type since `resourceVersion`, until the server or `signal` ends the watch, or the
   * callback throws.
   *
   * @param given.known the object of a version that is known already: its event is not parsed, and has this object.
   * @returns once the server has accepted the watch. `ended` settles when the watch has ended.
   */
  async watch<T extends KubeObject>(
    type: ResourceType<T>,
    given: {
      namespace: string | undefined;
      resourceVersion: string;
      timeoutSeconds: number;
      signal: AbortSignal;
      known?: (resourceVersion: string) => T | undefined;
    },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<{ readonly ended: Promise<void> }> {
    const query = selection(type);
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', given.resourceVersion);
    query.set('timeoutSeconds', String(given.timeoutSeconds));
    const failed = new AbortController();
    const lines = new PacedLines({
      slices: this.#slices,
      onLine: (line) => onEvent(knownEvent(line, given.known) ?? (JSON.parse(withOwnFieldsOnly(line)) as WatchEvent<T>)),
      onError: (error) => failed.abort(error),
    });
    const { ended } = await this.#transport.stream(
      {
        method: 'GET',
        path: `${collectionPath(type, given.namespace)}?${query.toString()}`,
        accept: type.metadataOnly === true ? METADATA : 'application/json',
        signal: AbortSignal.any([given.signal, failed.signal]),
      },
      (chunk, flow) => lines.push(chunk, flow),
    );
    return { ended: ended.then(() => lines.drained()).finally(() => lines.clear()) };
  }

  /** One object; `undefined` only if the server responds that it does not exist. */
  async get<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    { signal, urgent = false }: RequestOptions,
  ): Promise<T | undefined> {
    try {
      return await this.#transport.json<T>({ method: 'GET', path: objectPath(type, key), signal, urgent });
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /**
   * Server-side apply that takes over fields of other managers.
   *
   * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
   */
  async apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<T> {
    const path = `${objectPath(type, desired.metadata)}?${FORCED_APPLY}`;
    return this.#write(type, { method: 'PATCH', path, contentType: APPLY_PATCH, body: desired, signal });
  }

  /** Asks the API server whether it would accept this apply, as a dry run. */
  async dryRun<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<void> {
    const path = `${objectPath(type, desired.metadata)}?${FORCED_APPLY}&dryRun=All`;
    await this.#change<T>({ method: 'PATCH', path, contentType: APPLY_PATCH, body: desired, signal });
  }

  /** JSON merge patch of the status subresource. */
  async patchStatus<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    const path = `${objectPath(type, key)}/status?${AS_MANAGER}`;
    return this.#change<T>({ method: 'PATCH', path, contentType: MERGE_PATCH, body: patch, signal });
  }

  /** Creates an object that must not exist yet. */
  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: Desired<T>,
    { signal, urgent = false, background = false, dryRun = false }: RequestOptions & { readonly dryRun?: boolean },
  ): Promise<T> {
    const path = `${collectionPath(type, object.metadata.namespace)}?${dryRun ? AS_MANAGER_DRY : AS_MANAGER}`;
    return this.#write(type, { method: 'POST', path, body: object, signal, urgent, background });
  }

  /** Replaces an object if its resourceVersion is still that of `object`. */
  async replace<T extends KubeObject>(type: ResourceType<T>, object: T, { signal, urgent = false }: RequestOptions): Promise<T> {
    const { namespace = '', name } = object.metadata;
    return this.#change<T>({ method: 'PUT', path: objectPath(type, { namespace, name }), body: object, signal, urgent });
  }

  /** JSON merge patch (RFC 7386). `manager` becomes the owner of the fields that it sets. */
  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    { signal, background = false, manager = PATCH_FIELD_MANAGER }: Omit<RequestOptions, 'urgent'> & { readonly manager?: string },
  ): Promise<T> {
    return this.#change<T>({
      method: 'PATCH',
      path: `${objectPath(type, key)}?${new URLSearchParams({ fieldManager: manager }).toString()}`,
      contentType: MERGE_PATCH,
      body: patch,
      signal,
      background,
    });
  }

  /**
   * Deletes an object if it still has this uid. Dependents are deleted in the background or, with `foreground`, before the object.
   *
   * @returns the object while it still exists because of finalizers or its grace period.
   */
  async delete<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    { uid, signal, propagationPolicy = 'Background' }: { uid: string; signal: AbortSignal; propagationPolicy?: PropagationPolicy },
  ): Promise<T | undefined> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy, preconditions: { uid } };
    const answer = await this.#change<T & { metadata?: ObjectMeta & { deletionGracePeriodSeconds?: number } }>({
      method: 'DELETE',
      path: objectPath(type, key),
      body,
      signal,
    });
    // Other responses are a Status, or the object before its deletion.
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = answer.metadata ?? {};
    return deletionTimestamp !== undefined && (finalizers.length > 0 || deletionGracePeriodSeconds > 0) ? answer : undefined;
  }

  async #write<T extends KubeObject>(type: ResourceType<T>, change: ApiRequest): Promise<T> {
    if (type.isAnsweredInBrief !== true) return this.#change<T>(change);
    const answer = await this.#change<T>({ ...change, accept: METADATA });
    return { ...answer, apiVersion: type.apiVersion, kind: type.kind };
  }

  #change<T>(change: ApiRequest): Promise<T> {
    return this.#transport.json<T>({ ...change, permit: this.#permit });
  }
}

function collectionPath(type: ResourceType, namespace: string | undefined): string {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  return namespace === undefined ? `${root}/${type.plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`;
}

const objectPath = (type: ResourceType, { namespace, name }: ObjectKey): string =>
  `${collectionPath(type, namespace)}/${encodeURIComponent(name)}`;

function selection({ labelSelector, fieldSelector }: ResourceType): URLSearchParams {
  return new URLSearchParams({
    ...defined({ labelSelector, fieldSelector }),
  });
}

const acceptList = ({ metadataOnly }: ResourceType): string => (metadataOnly === true ? METADATA_LIST : 'application/json');
