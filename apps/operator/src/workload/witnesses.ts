import type { CacheReader, Indexes, Store } from '../controller/types.ts';
import { CLAIM_EVENT, CREATION_EVENT, PERSISTENT_VOLUME_CLAIM, PROBE_EVENT, type CoreEvent } from '../kubernetes.ts';
import { claimProblem } from './claim-problem.ts';

/** What others say of the objects of one namespace, where their own status does not tell why they do not get on. */
export interface Witnesses {
  /** Why a claim has no volume; `undefined` when it has, or when nothing is wrong as far as is known. */
  claim(name: string): string | undefined;
  /** How the last probe of a pod failed, in the kubelet's words. */
  probe(pod: string): string | undefined;
  /** Why pods of a Job or StatefulSet could not be created, in the API server's words. */
  creation(workload: { readonly kind: string; readonly name: string }): string | undefined;
}

/** Nobody says anything. */
export const NO_WITNESSES: Witnesses = { claim: () => undefined, probe: () => undefined, creation: () => undefined };

/** Index of Events by what they are about. */
const BY_INVOLVED = 'involved';

const involved = (namespace: string, kind: string, name: string): string => `${namespace}/${kind}/${name}`;

/** The index that {@link witnessesIn} reads, of each of the types of Events. */
export const EVENT_INDEXES: Indexes<CoreEvent> = {
  [BY_INVOLVED]: ({ metadata, involvedObject: { kind = '', name = '' } }) => [involved(metadata.namespace ?? '', kind, name)],
};

/** The witnesses of a namespace, as last seen: no request. */
export function witnessesIn(namespace: string, cache: CacheReader): Witnesses {
  const about = (store: Store<CoreEvent>, kind: string, name: string) =>
    store.byIndex(BY_INVOLVED, involved(namespace, kind, name)).toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  return {
    claim(name) {
      const claim = cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name });
      return claim && claimProblem(claim, about(cache.store(CLAIM_EVENT), 'PersistentVolumeClaim', name));
    },
    probe: (pod) => about(cache.store(PROBE_EVENT), 'Pod', pod).at(-1)?.message,
    creation: ({ kind, name }) => about(cache.store(CREATION_EVENT), kind, name).at(-1)?.message,
  };
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreEvent): string =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
