import { setBounded } from '../controller/set-bounded.ts';
import type { StoreAccess } from './object-stores.ts';
import { Turns, type Share } from './turns.ts';

/**
 * Limits on concurrent requests. Those of one namespace leave room for others, since all its stores may hang. In all and in a namespace,
 * stores that were slow the last time leave room for the others, and new ones leave room for those that are known to respond.
 */
const LIMITS = {
  all: { inAll: 48, ofNamespace: 32 },
  unproven: { inAll: 32, ofNamespace: 16 },
  slow: { inAll: 16, ofNamespace: 8 },
  endpoint: 4,
  bucket: 2,
} as const;

/** A request that takes this long makes its store a slow one: stores respond within a second, and a hanging one times out after ten. */
const SLOW_MS = 3_000;

/** Maximum number of stores whose pace is remembered. */
const REMEMBERED = 10_000;

type Pace = 'quick' | 'slow';

/** Schedules requests to stores, so that stores that hang delay neither each other's nor other namespaces' requests. */
export class StoreTurns {
  readonly #turns = new Turns();
  readonly #paces = new Map<string, Pace>();
  readonly #elapsedMs: () => number;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** Makes a request when it is its turn. @throws the error of the request, or the signal's reason if it is aborted before. */
  run<T>(access: StoreAccess, signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    const party = partyOf(access);
    const pace = this.#paces.get(party) ?? (access.isReady ? 'quick' : undefined);
    return this.#turns.run(sharesOf(access, pace), signal, async () => {
      const startedMs = this.#elapsedMs();
      try {
        return await request();
      } finally {
        const isSlow = this.#elapsedMs() - startedMs >= SLOW_MS;
        if (isSlow || !signal.aborted) setBounded(this.#paces, [party, isSlow ? 'slow' : 'quick'], REMEMBERED);
      }
    });
  }
}

const partyOf = ({ namespace, endpoint, bucket }: StoreAccess): string => `${namespace} ${endpoint} ${bucket}`;

function sharesOf(access: StoreAccess, pace: Pace | undefined): readonly Share[] {
  const { namespace, endpoint } = access;
  const both = (name: keyof typeof LIMITS, { inAll, ofNamespace }: { readonly inAll: number; readonly ofNamespace: number }): Share[] => [
    { name, limit: inAll },
    { name: `${name} ${namespace}`, limit: ofNamespace },
  ];
  return [
    ...both('all', LIMITS.all),
    ...(pace === 'quick' ? [] : both('unproven', LIMITS.unproven)),
    ...(pace === 'slow' ? both('slow', LIMITS.slow) : []),
    { name: `endpoint ${namespace} ${endpoint}`, limit: LIMITS.endpoint },
    { name: `bucket ${partyOf(access)}`, limit: LIMITS.bucket },
  ];
}
