import type { Log } from '../../telemetry/log.ts';
import type { Client } from '../api/client.ts';
import { Cache } from '../cache/cache.ts';
import type { ObjectStore } from '../cache/object-store.ts';
import { Reflector } from '../cache/reflector.ts';
import type { ReflectorTimes } from '../cache/reflector-times.ts';
import type { Clock } from '../clock.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import type { LeaseChanges } from './lease-contest.ts';
import { LEASE, type Lease } from './lease-object.ts';

/** Watches the Leases of one name in the watched namespaces, to detect other operators that work there. */
export class LeaseWatch {
  readonly #type: ResourceType<Lease>;
  readonly #store: ObjectStore;
  readonly #namespaces: readonly string[] | undefined;
  /** One for each namespace, or one for all. */
  readonly #reflectors: readonly Reflector[];
  readonly #listeners = new Set<(lease: Lease, isThere: boolean) => void>();

  /** @param given.namespaces `undefined` watches all. */
  constructor(given: {
    readonly name: string;
    readonly namespaces: readonly string[] | undefined;
    readonly client: Client;
    readonly clock: Clock;
    readonly log: Log;
    readonly times?: ReflectorTimes | undefined;
  }) {
    const { name, namespaces, client, clock, log, times } = given;
    this.#namespaces = namespaces;
    this.#type = { ...LEASE, fieldSelector: `metadata.name=${name}` };
    this.#store = new Cache(log, namespaces).ensureStore(this.#type);
    this.#store.onChange((before, after) => {
      const lease = (after ?? before) as Lease;
      for (const listener of this.#listeners) listener(lease, after !== undefined);
    });
    this.#reflectors = (namespaces ?? [undefined]).map(
      (namespace) => new Reflector({ type: this.#type, client, store: this.#store, namespace, clock, log, ...(times && { times }) }),
    );
  }

  /** Watches the Leases until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  get(key: ObjectKey): Lease | undefined {
    return this.#store.of(this.#type).get(key);
  }

  /** Calls back with each change of a Lease. @returns function that removes the listener. */
  onChange(listener: (lease: Lease, isThere: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Changes of the Lease of one namespace. */
  changesOf(key: ObjectKey): LeaseChanges {
    const reflector = this.#reflectors[this.#namespaces?.indexOf(key.namespace) ?? 0];
    return {
      onChange: (listener) => {
        const end = this.onChange((lease, isThere) => {
          if (lease.metadata.namespace === key.namespace) listener(isThere ? lease : undefined);
        });
        const known = this.get(key);
        if (known !== undefined) listener(known);
        return end;
      },
      refusal: () => reflector?.refusal,
    };
  }
}
