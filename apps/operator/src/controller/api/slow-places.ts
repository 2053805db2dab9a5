import { setBounded } from '../set-bounded.ts';

/** A request, as far as it decides with which others it shares places. */
export interface PlacedRequest {
  readonly method: string;
  /** Path and query, from the server's root. */
  readonly path: string;
  /** The object, if it is sent. The path of a creation does not name it. */
  readonly body?: unknown;
}

/**
 * Limits on slow requests. A collection is what a webhook usually asks about: one method, for the objects of one kind in a namespace. In
 * each, requests that were slow the last time leave room for the others. When few connections are left, they are kept for collections that
 * are not slow.
 */
export const SLOW_LIMITS = { all: 64, beforeScarce: 48, ofCollection: 32, repeatedOfCollection: 16 } as const;

/** Maximum number of requests that are remembered as slow. */
const REMEMBERED = 10_000;

interface Places {
  readonly all: number;
  readonly repeated: number;
}

const NONE: Places = { all: 0, repeated: 0 };

/** Counts slow requests in flight, and remembers which were slow the last time. */
export class SlowPlaces {
  readonly #slow = new Map<string, true>();
  readonly #taken = new Map<string, Places>();
  #all = 0;

  /** Number of slow requests in flight. */
  get taken(): number {
    return this.#all;
  }

  /** Whether some request was slow the last time. */
  get remembersAny(): boolean {
    return this.#slow.size > 0;
  }

  /** Slow requests in flight of the collection of `request`, and those of `quick` that are of the same one. */
  takenLike(request: PlacedRequest, quick: Iterable<PlacedRequest>): number {
    const collection = collectionOf(request);
    let taken = this.#taken.get(collection)?.all ?? 0;
    for (const other of quick) if (collectionOf(other) === collection) taken++;
    return taken;
  }

  /** Whether a request could become slow without leaving too little room for others. @param quick other requests that could. */
  hasPlace(request: PlacedRequest, quick: Iterable<PlacedRequest>): boolean {
    if (this.#all === 0) return true;
    if (this.#all >= SLOW_LIMITS.all) return false;
    const limit = this.#all < SLOW_LIMITS.beforeScarce ? SLOW_LIMITS.ofCollection : 1;
    if (this.takenLike(request, quick) >= limit) return false;
    return !this.wasSlow(request) || (this.#taken.get(collectionOf(request))?.repeated ?? 0) < SLOW_LIMITS.repeatedOfCollection;
  }

  take(request: PlacedRequest, isRepeated: boolean): void {
    this.#change(request, isRepeated, 1);
  }

  leave(request: PlacedRequest, isRepeated: boolean): void {
    this.#change(request, isRepeated, -1);
  }

  /** Whether the same request was slow the last time. */
  wasSlow(request: PlacedRequest): boolean {
    return this.#slow.size > 0 && this.#slow.has(identityOf(request));
  }

  /** Notes whether a request was slow. */
  note(request: PlacedRequest, isSlow: boolean): void {
    if (isSlow) setBounded(this.#slow, [identityOf(request), true], REMEMBERED);
    else if (this.#slow.size > 0) this.#slow.delete(identityOf(request));
  }

  #change(request: PlacedRequest, isRepeated: boolean, by: 1 | -1): void {
    const collection = collectionOf(request);
    const { all, repeated } = this.#taken.get(collection) ?? NONE;
    const changed = { all: all + by, repeated: repeated + (isRepeated ? by : 0) };
    if (changed.all === 0) this.#taken.delete(collection);
    else this.#taken.set(collection, changed);
    this.#all += by;
  }
}

const pathOnly = (path: string): string => path.split('?', 1)[0] ?? path;

/** The same for each attempt of one request. */
function identityOf({ method, path, body }: PlacedRequest): string {
  const object = method === 'POST' ? (body as { readonly metadata?: { readonly name?: string } } | undefined) : undefined;
  return `${method} ${pathOnly(path)} ${object?.metadata?.name ?? ''}`;
}

/** Prefix of a group and version, and of a namespace with a resource behind it. */
const NAMED = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+(?=\/))?(\/[^/]+)(?:\/[^/]+)?(\/.*)?$/;

/**
 * The same for requests that differ only in the name of their object.
 *
 * @example
 * collectionOf({ method: 'PATCH', path: '/apis/apps/v1/namespaces/a/deployments/b/scale?x=y' });
 * // 'PATCH /apis/apps/v1/namespaces/a/deployments/scale'
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
export function collectionOf(request: PlacedRequest): string {
  const path = pathOnly(request.path);
  const parts = NAMED.exec(path);
  if (parts === null) return `${request.method} ${path}`;
  const [, version = '', namespace = '', resource = '', subresource = ''] = parts;
  return `${request.method} ${version}${namespace}${resource}${subresource}`;
}
