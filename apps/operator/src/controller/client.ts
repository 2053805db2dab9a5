import { FIELD_MANAGER } from '@eeveebot/contract';
import { ApiError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { Desired, KubeObject, ObjectKey, ResourceType } from './types.ts';

/** Objects in one page of a list. */
const PAGE_SIZE = 500;

const APPLY_PATCH = 'application/apply-patch+yaml';
const MERGE_PATCH = 'application/merge-patch+json';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** A page of a list. */
export interface Page<T extends KubeObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Token of the next page; empty after the last. */
  readonly continueToken: string;
}

/** One line of a watch. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: T }
  | { readonly type: 'ERROR'; readonly object: { readonly code?: number; readonly reason?: string; readonly message?: string } };

/**
 * The Kubernetes API, for any resource type. Objects pass as the server's JSON: nothing is dropped or
 * converted on the way.
 */
export class Client {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** URL of the API server. */
  get server(): string {
    return this.#transport.server;
  }

  /** One page of the objects of a type, in one namespace or, without, in all. */
  async list<T extends KubeObject>(
    type: ResourceType<T>,
    { namespace, continueToken, signal }: { namespace: string | undefined; continueToken?: string; signal: AbortSignal },
  ): Promise<Page<T>> {
    const query = selection(type);
    query.set('limit', String(PAGE_SIZE));
    if (continueToken !== undefined && continueToken !== '') query.set('continue', continueToken);
    const { metadata, items } = await this.#transport.json<{
      metadata: { resourceVersion: string; continue?: string };
      items: readonly T[] | null;
    }>({ method: 'GET', path: `${collectionPath(type, namespace)}?${query}`, accept: acceptList(type), signal });
    return {
      // Items of a list carry no apiVersion and kind of their own.
      items: (items ?? []).map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })),
      resourceVersion: metadata.resourceVersion,
      continueToken: metadata.continue ?? '',
    };
  }

  /** Changes of the objects of a type since `resourceVersion`, until the server or `signal` ends it. */
  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    given: { namespace: string | undefined; resourceVersion: string; timeoutSeconds: number; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<T>> {
    const query = selection(type);
    query.set('watch', 'true');
    query.set('allowWatchBookmarks', 'true');
    query.set('resourceVersion', given.resourceVersion);
    query.set('timeoutSeconds', String(given.timeoutSeconds));
    const stream = await this.#transport.stream({
      method: 'GET',
      path: `${collectionPath(type, given.namespace)}?${query}`,
      accept: type.metadataOnly === true ? METADATA : 'application/json',
      signal: given.signal,
    });
    for await (const line of lines(stream)) yield JSON.parse(line) as WatchEvent<T>;
  }

  /** One object; `undefined` only when the server says that it does not exist. */
  async get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#transport.json<T>({ method: 'GET', path: objectPath(type, key), signal });
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return undefined;
      throw error;
    }
  }

  /**
   * Server-side apply, taking over fields that others set.
   *
   * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
   */
  async apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<T> {
    const path = `${objectPath(type, desired.metadata)}?${new URLSearchParams({ fieldManager: FIELD_MANAGER, force: 'true' })}`;
    return this.#transport.json<T>({ method: 'PATCH', path, contentType: APPLY_PATCH, body: desired, signal });
  }

  /** JSON merge patch of the status subresource. */
  async patchStatus<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    const path = `${objectPath(type, key)}/status?${new URLSearchParams({ fieldManager: FIELD_MANAGER })}`;
    return this.#transport.json<T>({ method: 'PATCH', path, contentType: MERGE_PATCH, body: patch, signal });
  }

  /** Makes an object that must not exist yet. */
  async create<T extends KubeObject>(type: ResourceType<T>, object: Desired<T>, signal: AbortSignal): Promise<T> {
    return this.#transport.json<T>({ method: 'POST', path: collectionPath(type, object.metadata.namespace), body: object, signal });
  }

  /** Replaces an object, if it still has the resourceVersion that `object` carries. */
  async replace<T extends KubeObject>(type: ResourceType<T>, object: T, signal: AbortSignal): Promise<T> {
    const { namespace = '', name } = object.metadata;
    return this.#transport.json<T>({ method: 'PUT', path: objectPath(type, { namespace, name }), body: object, signal });
  }

  /** JSON merge patch (RFC 7386). */
  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    return this.#transport.json<T>({
      method: 'PATCH',
      path: `${objectPath(type, key)}?${new URLSearchParams({ fieldManager: FIELD_MANAGER })}`,
      contentType: MERGE_PATCH,
      body: patch,
      signal,
    });
  }

  /** Deletes an object, and in the background what it owns, if it is still the one with this uid. */
  async delete(type: ResourceType, key: ObjectKey, { uid, signal }: { uid: string; signal: AbortSignal }): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions: { uid } };
    await this.#transport.json({ method: 'DELETE', path: objectPath(type, key), body, signal });
  }
}

function collectionPath(type: ResourceType, namespace: string | undefined): string {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  return namespace === undefined ? `${root}/${type.plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${type.plural}`;
}

const objectPath = (type: ResourceType, { namespace, name }: ObjectKey): string =>
  `${collectionPath(type, namespace)}/${encodeURIComponent(name)}`;

function selection({ labelSelector }: ResourceType): URLSearchParams {
  return new URLSearchParams(labelSelector === undefined ? {} : { labelSelector });
}

const acceptList = ({ metadataOnly }: ResourceType): string => (metadataOnly === true ? METADATA_LIST : 'application/json');

/** The lines of a stream, without their ends. */
async function* lines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    let end = rest.indexOf('\n');
    let start = 0;
    while (end !== -1) {
      const line = rest.slice(start, end);
      if (line !== '') yield line;
      start = end + 1;
      end = rest.indexOf('\n', start);
    }
    rest = rest.slice(start);
  }
}
