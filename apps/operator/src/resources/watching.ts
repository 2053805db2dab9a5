import { API_GROUP_VERSION, LABEL, labelValue } from '@eeveebot/contract';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ObjectKey } from '../controller/objects/object-key.ts';
import { controllerOf, isOfKind } from '../controller/objects/owners.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { defineWatch, type Watch } from '../controller/run/definition.ts';
import { BOT_MODULE } from '../resource-types/kinds.ts';

/** Index of a kind's resources by the label value that their objects carry. */
export const BY_LABEL = 'label';

/** Index value of the object of this name in the namespace of `object`: `namespace/name`. */
export const inNamespaceOf = ({ metadata }: KubeObject, name: string): string => `${metadata.namespace ?? ''}/${name}`;

/** The key of a resource. */
export const keyOf = ({ metadata }: KubeObject): ObjectKey => ({ namespace: metadata.namespace ?? '', name: metadata.name });

/** Watches objects of `type` that a resource of `ownerKind` controls: a change requeues that resource. */
export function ownedObjects<T extends KubeObject>(type: Watch<T>['type'], ownerKind: string): Watch {
  return defineWatch({ type, keysFor: (object: T) => ownerKeys(object, ownerKind) });
}

/** The resource of `ownerKind` that controls `object`, if there is one. */
export function ownerKeys(object: KubeObject, ownerKind: string): readonly ObjectKey[] {
  const owner = controllerOf(object);
  return owner !== undefined && isOfKind(owner, { apiVersion: API_GROUP_VERSION, kind: ownerKind })
    ? [{ namespace: object.metadata.namespace ?? '', name: owner.name }]
    : [];
}

/** The BotModules for which `object` was made, according to its label. */
export function modulesByLabel(object: KubeObject, cache: CacheReader): readonly ObjectKey[] {
  const label = object.metadata.labels?.[LABEL.module];
  return label === undefined ? [] : cache.store(BOT_MODULE).byIndex(BY_LABEL, inNamespaceOf(object, label)).map(keyOf);
}

/**
 * Resources of the namespace whose objects carry the same label value as those of `resource`. A name of more than 63 characters is cut and
 * gets a short hash, so that another name can give the same value, and workloads and Services would select the pods of both.
 */
export const sharingLabel = <T extends KubeObject>(type: ResourceType<T>, resource: T, cache: CacheReader): readonly T[] =>
  cache
    .store(type)
    .byIndex(BY_LABEL, inNamespaceOf(resource, labelValue(resource.metadata.name)))
    .filter(({ metadata }) => metadata.name !== resource.metadata.name);

/** Requeues the resources of `type` that share the label value of a changed one. */
export const watchSharedLabels = <T extends KubeObject>(type: ResourceType<T>): Watch =>
  defineWatch({ type, keysFor: (resource: T, cache) => sharingLabel(type, resource, cache).map(keyOf) });
