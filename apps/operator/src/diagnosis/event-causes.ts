import type { CacheReader, Indexes, Store } from '../controller/cache/cache-reader.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import { isNewerVersion } from '../controller/objects/resource-version.ts';
import { CLAIM_EVENT, CREATION_EVENT, PERSISTENT_VOLUME_CLAIM, PROBE_EVENT, type CoreEvent } from '../resource-types/kubernetes.ts';
import { claimProblem } from './claim-problem.ts';
import { creationFailure } from './creation-failure.ts';

/** The object that reports are asked about. Another object that had its name before does not count. */
export type Subject = Pick<KubeObject, 'kind'> & { readonly metadata: Pick<KubeObject['metadata'], 'name' | 'uid'> };

/** Reports of other components about the objects of one namespace, for causes that an object's own status does not contain. */
export interface EventCauses {
  /** Why a claim has no volume; `undefined` if it has one, or if no problem is known. */
  claim(name: string): string | undefined;
  /** How the last probe of a pod failed, as reported by the kubelet. */
  probe(pod: Subject): string | undefined;
  /** Why pods of a Job or StatefulSet could not be created, as reported by the API server. */
  creation(workload: Subject): string | undefined;
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
  const about = (store: Store<CoreEvent>, subject: Subject) =>
    store
      .byIndex(BY_INVOLVED, involved(namespace, subject.kind, subject.metadata.name))
      .filter((event) => isAbout(event, subject))
      .toSorted(byArrival);
  return {
    claim(name) {
      const claim = cache.store(PERSISTENT_VOLUME_CLAIM).get({ namespace, name });
      return claim && claimProblem(claim, about(cache.store(CLAIM_EVENT), claim));
    },
    probe: (pod) => about(cache.store(PROBE_EVENT), pod).at(-1)?.message,
    creation(workload) {
      const message = about(cache.store(CREATION_EVENT), workload).at(-1)?.message;
      return message && creationFailure(message);
    },
  };
}

/** Events outlive their objects for an hour, and Jobs, claims and pods of StatefulSets are created again under the same name. */
const isAbout = ({ involvedObject }: CoreEvent, { metadata }: Subject): boolean =>
  involvedObject.uid === undefined || metadata.uid === undefined || involvedObject.uid === metadata.uid;

/**
 * Oldest first, in the order in which the API server got them. Their times come from the clocks of many machines: an Event of a clock that
 * is ahead would hide all later ones.
 */
function byArrival({ metadata: one }: CoreEvent, { metadata: other }: CoreEvent): number {
  if (one.resourceVersion === other.resourceVersion) return 0;
  return isNewerVersion(one.resourceVersion, other.resourceVersion) ? 1 : -1;
}
