/**
 * The built-in Kubernetes objects that the operator makes or reads, as the API server's JSON has them.
 * Types come from the client library's models; its classes never see the data, since they drop unknown
 * fields and turn some times, but not all, into `Date`.
 */
import type {
  CoreV1Event,
  V1ConfigMap,
  V1CronJob,
  V1Deployment,
  V1Job,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';
import { ANNOTATION } from '@eeveebot/contract';
import { concernsEevee } from './foreign-objects.ts';
import type { Quantity } from '@eeveebot/crds';
import type { KubeObject, ResourceType } from './controller/types.ts';

/** Fields that hold quantities, which the API server takes as numbers too. */
type QuantityMap = 'limits' | 'requests';
type QuantityField = 'divisor' | 'sizeLimit';

/** `T` as it is in JSON: times are strings; and read-only, since cached objects are frozen. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Element)[]
    ? readonly Json<Element>[]
    : T extends object
      ? {
          readonly [Key in keyof T]: Key extends QuantityMap
            ? Readonly<Record<string, Quantity>>
            : Key extends QuantityField
              ? Quantity
              : Json<T[Key]>;
        }
      : T;

type ObjectOf<Model> = KubeObject & Omit<Json<Model>, 'apiVersion' | 'kind' | 'metadata'>;

/** A Kubernetes Event. */
export type CoreEvent = ObjectOf<CoreV1Event>;
export type ConfigMap = ObjectOf<V1ConfigMap>;
export type CronJob = ObjectOf<V1CronJob>;
export type Deployment = ObjectOf<V1Deployment>;
export type Job = ObjectOf<V1Job>;
export type PersistentVolumeClaim = ObjectOf<V1PersistentVolumeClaim>;
export type Pod = ObjectOf<V1Pod>;
export type PodDisruptionBudget = ObjectOf<V1PodDisruptionBudget>;
export type Secret = ObjectOf<V1Secret>;
export type Service = ObjectOf<V1Service>;
export type StatefulSet = ObjectOf<V1StatefulSet>;

export type PodTemplate = NonNullable<Deployment['spec']>['template'];
export type PodSpec = NonNullable<PodTemplate['spec']>;
export type Container = PodSpec['containers'][number];
export type EnvVar = NonNullable<Container['env']>[number];
export type Volume = NonNullable<PodSpec['volumes']>[number];
export type Affinity = NonNullable<PodSpec['affinity']>;
export type JobSpec = NonNullable<Job['spec']>;
export type VolumeMount = NonNullable<Container['volumeMounts']>[number];

/** The content of ConfigMaps is written and never read: the store holds their metadata. */
export const CONFIG_MAP: ResourceType<ConfigMap> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  keptWhole: concernsEevee,
  plural: 'configmaps',
  metadataOnly: true,
  isAnsweredInBrief: true,
  takenOverWhole: true,
};
/** Of the pod template, the images alone are cached: what else a person changed there shows in who owns the fields. */
export const DEPLOYMENT: ResourceType<Deployment> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  keptWhole: concernsEevee,
  plural: 'deployments',
  takenOverWhole: true,
  cached: ({ spec, ...rest }) => (spec === undefined ? rest : { ...rest, spec: { ...spec, template: withImagesAndToken(spec.template) } }),
};
/** Of what a CronJob makes, nothing is cached. */
export const CRON_JOB: ResourceType<CronJob> = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  keptWhole: concernsEevee,
  plural: 'cronjobs',
  takenOverWhole: true,
  cached: (cronJob) => (cronJob.spec === undefined ? cronJob : { ...cronJob, spec: { ...cronJob.spec, jobTemplate: {} } }),
};
/** Of its pod template, nothing is cached. */
export const JOB: ResourceType<Job> = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  plural: 'jobs',
  cached: (job) => (job.spec === undefined ? job : { ...job, spec: { ...job.spec, template: {} } }),
};
export const PERSISTENT_VOLUME_CLAIM: ResourceType<PersistentVolumeClaim> = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  keptWhole: concernsEevee,
  plural: 'persistentvolumeclaims',
};
/** Of a pod's spec, where it runs and which volumes it has are cached; of its status, all. */
export const POD: ResourceType<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  plural: 'pods',
  cached: ({ spec, ...rest }) => (spec === undefined ? rest : { ...rest, spec: whereabouts(spec) }),
};
export const POD_DISRUPTION_BUDGET: ResourceType<PodDisruptionBudget> = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  keptWhole: concernsEevee,
  plural: 'poddisruptionbudgets',
};
/** Values of Secrets are never cached: the store holds their metadata. */
export const SECRET: ResourceType<Secret> = {
  apiVersion: 'v1',
  kind: 'Secret',
  keptWhole: concernsEevee,
  plural: 'secrets',
  metadataOnly: true,
};
export const SERVICE: ResourceType<Service> = {
  apiVersion: 'v1',
  kind: 'Service',
  keptWhole: concernsEevee,
  plural: 'services',
  takenOverWhole: true,
};
export const STATEFUL_SET: ResourceType<StatefulSet> = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  keptWhole: concernsEevee,
  plural: 'statefulsets',
};

/** The object, reason, message and times of an Event. */
const testimony = ({ apiVersion, kind, metadata, involvedObject, ...event }: CoreEvent): CoreEvent => ({
  apiVersion,
  kind,
  metadata: {
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
    ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
    ...(metadata.creationTimestamp !== undefined && { creationTimestamp: metadata.creationTimestamp }),
  },
  involvedObject: {
    ...(involvedObject.kind !== undefined && { kind: involvedObject.kind }),
    ...(involvedObject.name !== undefined && { name: involvedObject.name }),
  },
  ...(event.reason !== undefined && { reason: event.reason }),
  ...(event.message !== undefined && { message: event.message }),
  ...(event.lastTimestamp !== undefined && { lastTimestamp: event.lastTimestamp }),
  ...(event.eventTime !== undefined && { eventTime: event.eventTime }),
});

/** Of Events, those that say what no status does. */
const eventsWith = (fieldSelector: string): ResourceType<CoreEvent> => ({
  apiVersion: 'v1',
  kind: 'Event',
  plural: 'events',
  withoutBookmarks: true,
  fieldSelector,
  cached: testimony,
});
/** What provisioners and the binder of volumes say of claims. */
export const CLAIM_EVENT: ResourceType<CoreEvent> = eventsWith('involvedObject.kind=PersistentVolumeClaim');
/** Probes that failed. */
export const PROBE_EVENT: ResourceType<CoreEvent> = eventsWith('reason=Unhealthy');
/** Pods that could not be created: of Jobs and StatefulSets, whose status does not tell. */
export const CREATION_EVENT: ResourceType<CoreEvent> = eventsWith('reason=FailedCreate');

const withImagesAlone = ({ spec }: PodTemplate): PodTemplate => ({
  ...(spec && { spec: { containers: spec.containers.map(({ name, image }) => ({ name, ...(image !== undefined && { image }) })) } }),
});

/** Checksums that stay as they are while the Secret that they are made from is missing. */
const SECRET_CHECKSUMS: ReadonlySet<string> = new Set([ANNOTATION.apiTokenChecksum, ANNOTATION.secretChecksum]);

/** A module's template, of which it is also known with which Secrets its pods run. */
function withImagesAndToken(template: PodTemplate): PodTemplate {
  const present = template.metadata?.annotations ?? {};
  const annotations = Object.fromEntries(Object.entries(present).filter(([key]) => SECRET_CHECKSUMS.has(key)));
  const images = withImagesAlone(template);
  return Object.keys(annotations).length === 0 ? images : { ...images, metadata: { annotations } };
}

/** A volume that has a claim: of an ephemeral one only the name, which with the pod's makes that of the claim. */
const claimed = (volume: Volume): readonly Volume[] => {
  if (volume.persistentVolumeClaim !== undefined) return [volume];
  return volume.ephemeral === undefined ? [] : [{ name: volume.name, ephemeral: {} }];
};

const whereabouts = ({ nodeName, volumes }: PodSpec): PodSpec => ({
  containers: [],
  ...(nodeName !== undefined && { nodeName }),
  ...(volumes !== undefined && { volumes: volumes.flatMap(claimed) }),
});
