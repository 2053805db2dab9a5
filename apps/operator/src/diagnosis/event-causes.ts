import type { CacheReader, Indexes, Store } from '../controller/cache/cache-reader.ts';
import { CLAIM_EVENT, CREATION_EVENT, PERSISTENT_VOLUME_CLAIM, PROBE_EVENT, type CoreEvent } from '../resource-types/kubernetes.ts';
import { claimProblem } from './claim-problem.ts';
import { creationFailure } from './creation-failure.ts';

/** Reports of other components about the objects of one namespace, for causes that an object's own status does not contain. */
export interface EventCauses {
  /** Why a claim has no volume; `undefined` if it has one, or if no problem is known. */
  claim(name: string): string | undefined;
  /** How the last probe of a pod failed, as reported by the kubelet. */
  probe(pod: string): string | undefined;
  /** Why pods of a Job or StatefulSet could not be created, as reported by the API server. */
  creation(workload: { readonly kind: string; readonly name: string }): string | undefined;
}

/** No reports. */
export const NO_EVENT_CAUSES: EventCauses = { claim: () => undefined, probe: () => undefined, creation: () => undefined };

/** Index of Events by the object that they are about. */
const BY_INVOLVED = 'involved';

const involved = (namespace: string, kind: string, name: string): string => `${namespace}/${kind}/${name}`;

/** The index that {@link eventCausesIn} reads, for each of the Event types. */
export const EVENT_INDEXES: Indexes<CoreEvent> = {
  [BY_INVOLVED]: ({ metadata, involvedObject: { kind = '', name = '' } }) => [involved(metadata.namespace ?? '', kind, name)],
};

/** Event causes of a namespace from the cache, without a request. */
export function eventCausesIn(namespace: string, cache: CacheReader): EventCauses {
  const about = (store: Store<CoreEvent>, kind: string, name: string) =>
    store.byIndex(BY_INVOLVED, involved(namespace, kind, name)).toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  return {
    claim(name) {
      const claim = cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name });
      return claim && claimProblem(claim, about(cache.store(CLAIM_EVENT), 'PersistentVolumeClaim', name));
    },
    probe: (pod) => about(cache.store(PROBE_EVENT), 'Pod', pod).at(-1)?.message,
    creation({ kind, name }) {
      const message = about(cache.store(CREATION_EVENT), kind, name).at(-1)?.message;
      return message && creationFailure(message);
    },
  };
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreEvent): string =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
