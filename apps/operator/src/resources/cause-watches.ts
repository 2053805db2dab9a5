import type { CacheReader } from '../controller/cache/cache-reader.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ObjectKey } from '../controller/objects/object-key.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { defineWatch, type Watch } from '../controller/run/definition.ts';
import { EVENT_INDEXES } from '../diagnosis/event-causes.ts';
import { CLAIM_EVENT, CREATION_EVENT, PERSISTENT_VOLUME_CLAIM, PROBE_EVENT, type CoreEvent } from '../resource-types/kubernetes.ts';

/**
 * Watches the Events about a kind's pods, claims and workloads: each one requeues the resources that the involved object affects.
 *
 * @param given.pods types in whose caches the pods are, which the Events name by kind and name.
 * @param given.workloads the same for workloads.
 */
export function causeWatches(given: {
  readonly pods: readonly ResourceType[];
  readonly workloads: readonly ResourceType[];
  keysFor(object: KubeObject, cache: CacheReader): Iterable<ObjectKey>;
}): readonly Watch[] {
  const about = (types: readonly ResourceType[]) => (event: CoreEvent, cache: CacheReader) => [...keysAbout(event, types, cache)];
  function* keysAbout({ metadata, involvedObject }: CoreEvent, types: readonly ResourceType[], cache: CacheReader): Iterable<ObjectKey> {
    const key = { namespace: metadata.namespace ?? '', name: involvedObject.name ?? '' };
    for (const type of types.filter(({ kind }) => kind === involvedObject.kind)) {
      const object = cache.store(type).get(key);
      if (object !== undefined) yield* given.keysFor(object, cache);
    }
  }
  return [
    defineWatch({ type: PROBE_EVENT, indexes: EVENT_INDEXES, keysFor: about(given.pods) }),
    defineWatch({ type: CREATION_EVENT, indexes: EVENT_INDEXES, keysFor: about(given.workloads) }),
    defineWatch({ type: CLAIM_EVENT, indexes: EVENT_INDEXES, keysFor: about([PERSISTENT_VOLUME_CLAIM]) }),
  ];
}
