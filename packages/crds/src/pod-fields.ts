/** Fields that configure a pod. Values that Kubernetes would reject when it creates the pod are rejected at once. */
import { API_GROUP, LABEL } from '@eeveebot/contract';
import { Type } from 'typebox';
import { QUANTITY_VALUE, embedded, objectName, rules } from './fields.ts';
import {
  AFFINITY_SCHEMA,
  CONTAINER_SCHEMA,
  DEPLOYMENT_STRATEGY_SCHEMA,
  ENV_VAR_SCHEMA,
  PERSISTENT_VOLUME_CLAIM_SPEC_SCHEMA,
  POD_SECURITY_CONTEXT_SCHEMA,
  PROBE_SCHEMA,
  RESOURCE_REQUIREMENTS_SCHEMA,
  SECURITY_CONTEXT_SCHEMA,
  TOLERATION_SCHEMA,
  TOPOLOGY_SPREAD_CONSTRAINT_SCHEMA,
} from './generated/kubernetes-schemas.ts';
import type {
  Affinity,
  DeploymentStrategy,
  EnvVar,
  PersistentVolumeClaimSpec,
  PodSecurityContext,
  Probe,
  ResourceRequirements,
  SecurityContext,
  Toleration,
  TopologySpreadConstraint,
} from './generated/kubernetes-types.ts';
import type { StructuralSchema, ValidationRule } from './schema/structural-schema.ts';

/** `schema` with some of its properties replaced. */
const withProperties = (schema: StructuralSchema, replaced: Readonly<Record<string, StructuralSchema>>): StructuralSchema => ({
  ...schema,
  properties: { ...schema.properties, ...replaced },
});

const property = (schema: StructuralSchema, name: string): StructuralSchema => {
  const found = schema.properties?.[name];
  if (found === undefined) throw new Error(`the embedded schema has no property ${name}`);
  return found;
};

/** Minimum values of a `Probe`: Kubernetes rejects lower ones when it creates the pod. */
const PROBE_MINIMUMS: Readonly<Record<string, number>> = {
  initialDelaySeconds: 0,
  timeoutSeconds: 1,
  periodSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
  terminationGracePeriodSeconds: 1,
};

const oneHandler: ValidationRule = {
  rule: '[has(self.exec), has(self.httpGet), has(self.tcpSocket), has(self.grpc)].filter(given, given).size() == 1',
  message: 'must have exactly one of exec, httpGet, tcpSocket and grpc: this probe replaces the whole default probe, without merging',
};

const oneSuccess: ValidationRule = {
  rule: '!has(self.successThreshold) || self.successThreshold == 1',
  message: 'successThreshold must be 1 here; only a readinessProbe may have a larger one',
  fieldPath: '.successThreshold',
};

const boundedProbe = withProperties(
  PROBE_SCHEMA,
  Object.fromEntries(Object.entries(PROBE_MINIMUMS).map(([name, minimum]) => [name, { ...property(PROBE_SCHEMA, name), minimum }])),
);

/** A probe; every probe except readiness must have successThreshold 1. */
export const probe = (description: string, successes: 'once' | 'repeatedly') =>
  embedded<Probe>(
    boundedProbe,
    { kubernetesType: 'Probe', description },
    rules(...(successes === 'once' ? [oneHandler, oneSuccess] : [oneHandler])),
  );

const quantities = (name: string): StructuralSchema => ({
  ...property(RESOURCE_REQUIREMENTS_SCHEMA, name),
  maxProperties: 32,
  additionalProperties: QUANTITY_VALUE,
});

const RESOURCE_RULES: readonly ValidationRule[] = [
  {
    rule:
      '!has(self.requests) || !has(self.limits) || self.requests.all(name, !(name in self.limits)' +
      ' || !isQuantity(string(self.requests[name])) || !isQuantity(string(self.limits[name]))' +
      ' || quantity(string(self.requests[name])).compareTo(quantity(string(self.limits[name]))) <= 0)',
    message: 'requests must not be more than limits: raise the limit or lower the request',
  },
  {
    rule: '!has(self.claims)',
    message: 'claims cannot be used because the pods have no resourceClaims: remove it',
    fieldPath: '.claims',
    reason: 'FieldValueForbidden',
  },
];

const CHECKED_RESOURCES: StructuralSchema = {
  ...withProperties(RESOURCE_REQUIREMENTS_SCHEMA, { limits: quantities('limits'), requests: quantities('requests') }),
  ...rules(...RESOURCE_RULES),
};

/** A container whose resources are checked like those of {@link resources}. */
export const CHECKED_CONTAINER: StructuralSchema = withProperties(CONTAINER_SCHEMA, {
  resources: { ...property(CONTAINER_SCHEMA, 'resources'), ...CHECKED_RESOURCES },
});

/** CPU, memory and so on of one container. */
export const resources = (description: string) =>
  embedded<ResourceRequirements>(CHECKED_RESOURCES, { kubernetesType: 'ResourceRequirements', description });

const claimResources = property(PERSISTENT_VOLUME_CLAIM_SPEC_SCHEMA, 'resources');

/** A claim for a volume. `accessModes` has a default; a missing size cannot have one, since `requests` is a map. */
export const persistentVolumeClaim = (description: string) =>
  embedded<PersistentVolumeClaimSpec & { readonly accessModes: NonNullable<PersistentVolumeClaimSpec['accessModes']> }>(
    withProperties(PERSISTENT_VOLUME_CLAIM_SPEC_SCHEMA, {
      accessModes: {
        ...property(PERSISTENT_VOLUME_CLAIM_SPEC_SCHEMA, 'accessModes'),
        minItems: 1,
        maxItems: 4,
        default: ['ReadWriteOnce'],
      },
      resources: withProperties(claimResources, {
        requests: {
          ...property(claimResources, 'requests'),
          description: 'Minimum resources of the volume; storage is 1Gi if it is missing.',
          maxProperties: 8,
          additionalProperties: QUANTITY_VALUE,
          ...rules({
            rule: "!('storage' in self) || !isQuantity(string(self['storage'])) || quantity(string(self['storage'])).compareTo(quantity('0')) != 0",
            message: 'storage must be a size greater than 0, such as 1Gi',
          }),
        },
      }),
    }),
    { kubernetesType: 'PersistentVolumeClaimSpec', description },
  );

export const env = (description: string) =>
  Type.Unsafe<readonly EnvVar[]>({
    type: 'array',
    description,
    items: ENV_VAR_SCHEMA,
    '~kubernetesType': 'EnvVar',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

export const imagePullSecrets = (description: string) =>
  Type.Unsafe<readonly { readonly name: string }[]>({
    type: 'array',
    description,
    items: Type.Object({ name: objectName('Name of a Secret of type kubernetes.io/dockerconfigjson, in this namespace.') }),
    maxItems: 32,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });

const labelValues: ValidationRule = {
  rule: "self.all(key, self[key] == '' || self[key].matches(r'^[a-zA-Z0-9]([-a-zA-Z0-9_.]*[a-zA-Z0-9])?$'))",
  message: "each value must be a label value: letters, digits, '-', '_' and '.', starting and ending with a letter or digit, or empty",
};

const stringMap = (description: string, value: StructuralSchema, ...validations: readonly ValidationRule[]) =>
  Type.Unsafe<Readonly<Record<string, string>>>({
    type: 'object',
    description,
    maxProperties: 64,
    additionalProperties: value,
    ...(validations.length > 0 ? rules(...validations) : {}),
  });

const LABEL_VALUE: StructuralSchema = { type: 'string', maxLength: 63 };

export const nodeSelector = (description: string) => stringMap(description, LABEL_VALUE, labelValues);

/** Labels of an object other than a pod. */
export const objectLabels = (description: string) => stringMap(description, LABEL_VALUE, labelValues);

/** Labels by which the Deployments, StatefulSets and Services of the operator select pods, and by which it finds pods of its own. */
const SELECTING_LABELS: readonly string[] = Object.values(LABEL).filter((label) => label.startsWith(`${API_GROUP}/`));

/**
 * Labels of a pod. The labels that select pods of any kind are reserved everywhere: a pod with those of an IpcConfig would become an endpoint
 * of its NATS.
 *
 * @param alsoReserved labels that select pods only together with a reserved one.
 */
export const podLabels = (description: string, alsoReserved: readonly string[] = [LABEL.app]) => {
  const reserved = [...alsoReserved, ...SELECTING_LABELS];
  return stringMap(description, LABEL_VALUE, labelValues, {
    rule: `self.all(key, !(key in [${reserved.map((label) => `'${label}'`).join(', ')}]))`,
    message: `must not set ${reserved.slice(0, -1).join(', ')} or ${reserved.at(-1)}: pods of modules, NATS and backups are selected by these labels; use other keys`,
  });
};

export const podAnnotations = (description: string) => stringMap(description, { type: 'string' });

export const tolerations = (description: string) =>
  Type.Unsafe<readonly Toleration[]>({
    type: 'array',
    description,
    items: TOLERATION_SCHEMA,
    '~kubernetesType': 'Toleration',
    'x-kubernetes-list-type': 'atomic',
  });

export const topologySpreadConstraints = (description: string) =>
  Type.Unsafe<readonly TopologySpreadConstraint[]>({
    type: 'array',
    description,
    items: TOPOLOGY_SPREAD_CONSTRAINT_SCHEMA,
    '~kubernetesType': 'TopologySpreadConstraint',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['topologyKey', 'whenUnsatisfiable'],
  });

/** Name of a PriorityClass. */
export const priorityClassName = (description: string) => objectName(description);

export const affinity = (description: string) => embedded<Affinity>(AFFINITY_SCHEMA, { kubernetesType: 'Affinity', description });

export const podSecurityContext = (description: string) =>
  embedded<PodSecurityContext>(POD_SECURITY_CONTEXT_SCHEMA, { kubernetesType: 'PodSecurityContext', description });

export const securityContext = (description: string) =>
  embedded<SecurityContext>(SECURITY_CONTEXT_SCHEMA, { kubernetesType: 'SecurityContext', description });

export const deploymentStrategy = (description: string) =>
  embedded<DeploymentStrategy>(
    DEPLOYMENT_STRATEGY_SCHEMA,
    { kubernetesType: 'DeploymentStrategy', description },
    rules({
      rule: "!has(self.rollingUpdate) || !has(self.type) || self.type == 'RollingUpdate'",
      message: 'rollingUpdate requires type RollingUpdate: remove it or change the type',
      fieldPath: '.rollingUpdate',
      reason: 'FieldValueForbidden',
    }),
  );
