/** Fields of a BotModule that add to its pods: containers, volumes and settings of the module's own container. */
import { Type } from 'typebox';
import { embedded, objectName } from './fields.ts';
import { CHECKED_CONTAINER } from './pod-fields.ts';
import {
  ENV_FROM_SOURCE_SCHEMA,
  HOST_ALIAS_SCHEMA,
  LIFECYCLE_SCHEMA,
  POD_DNS_CONFIG_SCHEMA,
  VOLUME_MOUNT_SCHEMA,
  VOLUME_SCHEMA,
} from './generated/kubernetes-schemas.ts';
import type { Container, EnvFromSource, HostAlias, Lifecycle, PodDNSConfig, Volume, VolumeMount } from './generated/kubernetes-types.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

/** Longest description of a nested field: with the full descriptions a definition would exceed the size that `kubectl apply` can store. */
const BRIEF_LENGTH = 80;

/** `schema` with the descriptions of nested fields cut to their first sentence, and to a bound. */
function brief(schema: StructuralSchema): StructuralSchema {
  const { description, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(description === undefined ? {} : { description: briefText(description) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, brief(property)])) }),
    ...(items === undefined ? {} : { items: brief(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: brief(additionalProperties) }),
  };
}

function briefText(text: string): string {
  const [first = ''] = text.split(/(?<=\.)\s/);
  return first.length <= BRIEF_LENGTH ? first : `${first.slice(0, first.lastIndexOf(' ', BRIEF_LENGTH))} …`;
}

const listBy = <T>(
  schema: StructuralSchema,
  about: { readonly kubernetesType: string; readonly description: string; readonly key: string; readonly maxItems: number },
) =>
  Type.Unsafe<readonly T[]>({
    type: 'array',
    description: about.description,
    items: brief(schema),
    maxItems: about.maxItems,
    '~kubernetesType': about.kubernetesType,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [about.key],
  });

/** Additional containers of a pod. */
export const containers = (description: string) =>
  listBy<Container>(CHECKED_CONTAINER, { kubernetesType: 'Container', description, key: 'name', maxItems: 16 });

/** Additional volumes of a pod. */
export const volumes = (description: string) =>
  listBy<Volume>(VOLUME_SCHEMA, { kubernetesType: 'Volume', description, key: 'name', maxItems: 64 });

/** Where a container mounts volumes. */
export const volumeMounts = (description: string) =>
  listBy<VolumeMount>(VOLUME_MOUNT_SCHEMA, { kubernetesType: 'VolumeMount', description, key: 'mountPath', maxItems: 64 });

/** Secrets and ConfigMaps whose keys become environment variables. */
export const envFrom = (description: string) =>
  Type.Unsafe<readonly EnvFromSource[]>({
    type: 'array',
    description,
    items: brief(ENV_FROM_SOURCE_SCHEMA),
    maxItems: 32,
    '~kubernetesType': 'EnvFromSource',
    'x-kubernetes-list-type': 'atomic',
  });

/** Entries of a pod's hosts file. */
export const hostAliases = (description: string) =>
  listBy<HostAlias>(HOST_ALIAS_SCHEMA, { kubernetesType: 'HostAlias', description, key: 'ip', maxItems: 64 });

export const dnsConfig = (description: string) =>
  embedded<PodDNSConfig>(POD_DNS_CONFIG_SCHEMA, { kubernetesType: 'PodDNSConfig', description });

export const lifecycle = (description: string) =>
  embedded<Lifecycle>(brief(LIFECYCLE_SCHEMA), { kubernetesType: 'Lifecycle', description });

/** Program or arguments of a container, one string each. */
export const words = (description: string) =>
  Type.Unsafe<readonly string[]>({
    type: 'array',
    description,
    items: { type: 'string' },
    maxItems: 256,
    'x-kubernetes-list-type': 'atomic',
  });

/** Name of a RuntimeClass. */
export const runtimeClassName = (description: string) => objectName(description);
