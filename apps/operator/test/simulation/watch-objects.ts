import { KubeConfig, Watch } from '@kubernetes/client-node';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';

/** Stops a watch. */
export type StopWatch = () => void;

export type Change = 'ADDED' | 'MODIFIED' | 'DELETED';

/** Pause before a watch that has ended is opened again: the API server may be starting. */
const REOPENED_AFTER_MS = 25;

/** Marks the bookmark that follows the objects with which a watch begins. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** `Gone`: the API server no longer has the history after a resourceVersion. */
const GONE = 410;

/** An object of the collection, a bookmark, or an error of the API server. */
type Received<T> = T & { readonly code?: number };

/**
 * Watches the objects of a collection in the order of their changes, until stopped. A watch that the server ends resumes after the last
 * seen change. If that is no longer possible, the objects are listed, and reported as far as they differ from the last seen ones.
 *
 * @param path such as `/api/v1/namespaces/bots/pods`.
 */
export async function watchObjects<T extends KubeObject>(
  kubeconfig: string,
  path: string,
  changed: (change: Change, object: T) => void,
): Promise<StopWatch> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const seen = new SeenObjects(changed);
  let current: AbortController | undefined;
  let isStopped = false;
  const open = async (): Promise<void> => {
    current = await new Watch(config).watch(
      path,
      seen.parameters(),
      (type: string, object: Received<T>) => {
        if (!isStopped) seen.receive(type, object);
      },
      (error?: { readonly statusCode?: number } | null) => {
        if (error?.statusCode === GONE) seen.expire();
        if (!isStopped) setTimeout(() => void (isStopped || open()), REOPENED_AFTER_MS);
      },
    );
  };
  await open();
  return () => {
    isStopped = true;
    current?.abort();
  };
}

/** The objects of a collection as far as a watch has reported them. */
export class SeenObjects<T extends KubeObject> {
  readonly #changed: (change: Change, object: T) => void;
  readonly #known = new Map<string, T>();
  /** Names of the objects with which the watch began; `undefined` once all have been reported. */
  #listed: Set<string> | undefined;
  #version = '';

  constructor(changed: (change: Change, object: T) => void) {
    this.#changed = changed;
  }

  /** Query of the next watch: it continues after the last seen change, or begins with all objects. */
  parameters(): Readonly<Record<string, string | boolean>> {
    if (this.#version !== '') return { allowWatchBookmarks: true, resourceVersion: this.#version };
    this.#listed = new Set();
    return { allowWatchBookmarks: true, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
  }

  /** The next watch cannot continue after the last seen change. */
  expire(): void {
    this.#version = '';
  }

  /** Handles an event of the watch. */
  receive(type: string, object: Received<T>): void {
    if (type === 'ERROR') {
      if (object.code === GONE) this.expire();
      return;
    }
    if (type === 'BOOKMARK') this.#bookmarked(object);
    else this.#received(type as Change, object);
    // A watch that breaks before all objects were reported begins with all of them again.
    if (this.#listed === undefined) this.#version = object.metadata.resourceVersion ?? this.#version;
  }

  #received(type: Change, object: T): void {
    const { name, uid, resourceVersion } = object.metadata;
    const before = this.#known.get(name);
    this.#listed?.add(name);
    if (type === 'DELETED') this.#known.delete(name);
    else this.#known.set(name, object);
    if (before === undefined || type === 'DELETED') return this.#changed(type, object);
    if (before.metadata.uid !== uid) {
      this.#changed('DELETED', before);
      this.#changed('ADDED', object);
    } else if (before.metadata.resourceVersion !== resourceVersion) {
      this.#changed('MODIFIED', object);
    }
  }

  #bookmarked({ metadata }: T): void {
    if (this.#listed === undefined || metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') return;
    const gone = [...this.#known.values()].filter((object) => this.#listed?.has(object.metadata.name) === false);
    this.#listed = undefined;
    for (const object of gone) {
      this.#known.delete(object.metadata.name);
      this.#changed('DELETED', object);
    }
  }
}
