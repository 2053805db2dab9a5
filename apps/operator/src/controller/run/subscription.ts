import type { Log } from '../../telemetry/log.ts';
import type { Cache } from '../cache/cache.ts';
import { errorText } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { keyText } from '../objects/object-key.ts';
import type { ControllerDefinition, Watch } from './definition.ts';

interface Environment {
  readonly cache: Cache;
  readonly log: Log;
}

/** Puts the key of a resource into a queue. */
type Enqueue = (key: string, options: { readonly isLater: boolean }) => void;

/** Enqueues the keys of a controller's resources when something that they depend on changes. */
export function subscribe(definition: ControllerDefinition, environment: Environment, enqueue: Enqueue): void {
  const { type, indexes, watches, ignoresOwnStatus } = definition;
  const own: Watch = {
    type,
    keysFor: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name }],
    ...(indexes && { indexes }),
  };
  for (const watched of [own, ...watches]) {
    const store = environment.cache.ensureStore(watched.type);
    store.addIndexes(watched.indexes ?? {});
    store.onChange((before, after, { isOwnWrite, isVisible }) => {
      const isOfUser = watched === own && isAskedFor(before, after);
      if (watched === own && isOwnWrite && !isOfUser && ignoresOwnStatus === true) return;
      // A change that is not visible in the cache affects no resource, except for types whose content is never cached, such as Secrets. A
      // changed resource is always queued: its status may have been refused because of its resourceVersion.
      if (!isVisible && watched !== own && watched.type.metadataOnly !== true) return;
      const keysOf = (object: KubeObject | undefined) =>
        object === undefined ? [] : keysFor(watched, object, { definition, environment });
      // Deduplicated: a worker may take the first at once and would then get the same key again.
      for (const key of distinct(keysOf(before), keysOf(after))) enqueue(key, { isLater: !isOfUser });
    });
    // Any resource may need objects of this type.
    store.onAvailability((namespace) => {
      for (const key of resourceKeys(definition, environment.cache, namespace)) enqueue(key, { isLater: true });
    });
  }
}

/** The keys of all resources of a controller, or of those in one namespace. */
export function resourceKeys({ type }: ControllerDefinition, cache: Cache, namespace?: string): readonly string[] {
  const resources = cache.ensureStore(type).list(namespace);
  return resources.map(({ metadata }) => keyText({ namespace: metadata.namespace ?? '', name: metadata.name }));
}

/** Most objects affect no resource, or the same one before and after the change. */
function distinct(before: readonly string[], after: readonly string[]): Iterable<string> {
  if (after.length + before.length === 0) return after;
  const isOne = after.length === 1 && (before.length === 0 || (before.length === 1 && before[0] === after[0]));
  return isOne ? after : new Set([...before, ...after]);
}

function keysFor(
  watched: Watch,
  object: KubeObject,
  { definition, environment }: { readonly definition: ControllerDefinition; readonly environment: Environment },
): readonly string[] {
  try {
    const keys: string[] = [];
    for (const key of watched.keysFor(object, environment.cache)) keys.push(keyText(key));
    return keys;
  } catch (error) {
    // One malformed object must not end the watch of all the others.
    environment.log.error('cannot determine which resources a change affects', {
      controller: definition.name,
      kind: watched.type.kind,
      object: `${object.metadata.namespace ?? ''}/${object.metadata.name}`,
      cause: errorText(error),
    });
    return [];
  }
}

/** Whether a user created, changed or deleted a resource, as opposed to a change of its status only. */
const isAskedFor = (before: KubeObject | undefined, after: KubeObject | undefined): boolean =>
  before === undefined || after === undefined || before.metadata.generation !== after.metadata.generation;
