import { ANNOTATION } from '@eeveebot/contract';
import type { Log } from '../../telemetry/log.ts';
import type { Clock } from '../clock.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import { holderOf, type Lease } from './lease-object.ts';
import type { LeaseWatch } from './lease-watch.ts';

/** Duration of a Lease that does not state one. */
const LEASE_SECONDS = 15;

interface Sighting {
  readonly lease: Lease;
  /** When its last renewal was seen, by the monotonic clock. */
  readonly seenMs: number;
}

/**
 * Namespaces in which another operator works, from the view of an operator that watches all namespaces. An operator of one namespace
 * cannot see this one, so this one gives way to it; of two operators that watch all namespaces, the one that started first continues.
 */
export class ForeignLeases {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watch: Pick<LeaseWatch, 'get'>;
  readonly #own: ObjectKey;
  readonly #seen = new Map<string, Sighting>();

  /** @param given.own key of this operator's own Lease. */
  constructor(given: {
    readonly watch: Pick<LeaseWatch, 'get' | 'onChange'>;
    readonly own: ObjectKey;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#clock = given.clock;
    this.#log = given.log;
    this.#watch = given.watch;
    this.#own = given.own;
    given.watch.onChange((lease, isThere) => this.#note(lease, isThere));
  }

  /** Description of the other operator that works in a namespace; `undefined` without one. */
  rivalIn(namespace: string): string | undefined {
    const inIt = this.#seen.get(namespace);
    if (inIt !== undefined && this.#isAlive(inIt)) return holderText(inIt.lease);
    const older = [...this.#seen.values()].find(
      (sighting) => watchesAll(sighting.lease) && this.#isAlive(sighting) && this.#beganFirst(sighting.lease),
    );
    return older && holderText(older.lease);
  }

  /** All other operators that work in some namespace. */
  get rivals(): readonly string[] {
    return [...this.#seen.values()].filter((sighting) => this.#isAlive(sighting)).map(({ lease }) => holderText(lease));
  }

  #note(lease: Lease, isThere: boolean): void {
    const { namespace = '' } = lease.metadata;
    if (namespace === this.#own.namespace) return;
    const before = this.#seen.get(namespace);
    if (!isThere) {
      // Its holder may still work, and creates it again before it would have expired.
      this.#clock.schedule(durationMs(lease), () => this.#seen.get(namespace) === before && this.#seen.delete(namespace));
      return;
    }
    if (holderOf(lease) === undefined) return void this.#seen.delete(namespace);
    const isNewHolder = before === undefined || holderOf(before.lease) !== holderOf(lease);
    const isRenewed = isNewHolder || renewTimeOf(before.lease) !== renewTimeOf(lease);
    this.#seen.set(namespace, { lease, seenMs: isRenewed ? this.#clock.elapsedMs() : before.seenMs });
    if (isNewHolder) this.#log.warn(holderText(lease), { leader: holderOf(lease) });
  }

  /** A Lease that is renewed on demand counts until it is released, or has been deleted for its duration, because this operator may not ask for its renewal. */
  #isAlive({ lease, seenMs }: Sighting): boolean {
    if (lease.metadata.annotations?.[ANNOTATION.renewedOnDemand] === 'true') return true;
    return this.#clock.elapsedMs() - seenMs < durationMs(lease);
  }

  #beganFirst(lease: Lease): boolean {
    const own = this.#watch.get(this.#own);
    if (own?.spec?.acquireTime === undefined) return true;
    const [theirs, ours] = [`${lease.spec?.acquireTime} ${lease.metadata.namespace}`, `${own.spec.acquireTime} ${own.metadata.namespace}`];
    return theirs < ours;
  }
}

const durationMs = ({ spec }: Lease): number => (spec?.leaseDurationSeconds ?? LEASE_SECONDS) * 1000;

const renewTimeOf = ({ spec }: Lease): string | undefined => spec?.renewTime;

const watchesAll = ({ metadata }: Lease): boolean => metadata.annotations?.[ANNOTATION.watches] === 'all';

function holderText(lease: Lease): string {
  const { namespace, name, annotations = {} } = lease.metadata;
  const release = annotations[ANNOTATION.operatorRelease];
  const of = release === undefined ? '' : ` of release ${release}`;
  const where = watchesAll(lease) ? 'all namespaces' : `namespace ${namespace}`;
  return `another operator${of} (${holderOf(lease)}) works in ${where}: this operator writes nothing there; if the other one no longer exists, delete Lease ${name} in namespace ${namespace}`;
}
