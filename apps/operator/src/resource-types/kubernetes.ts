/**
 * Built-in Kubernetes objects that the operator creates or reads, as in the API server's JSON.
 * Types come from the client library's models. Its classes never process the data, because they drop unknown
 * fields and convert some times, but not all, to `Date`.
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
import { podState, rolloutState } from './cached-status.ts';
import { concernsEevee } from './foreign-objects.ts';
import type { ObjectOf } from './json.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';

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

/** ConfigMaps are written but their content is never read: the cache holds only metadata. */
export const CONFIG_MAP: ResourceType<ConfigMap> = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  keptWhole: concernsEevee,
  plural: 'configmaps',
  metadataOnly: true,
  isAnsweredInBrief: true,
  takenOverWhole: true,
};
/** Caches only the images of the pod template: other changes by users are visible in the field owners. */
export const DEPLOYMENT: ResourceType<Deployment> = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  keptWhole: concernsEevee,
  plural: 'deployments',
  takenOverWhole: true,
  cached: ({ spec, status, ...rest }) => ({
    ...rest,
    ...(spec !== undefined && { spec: { ...spec, template: withImagesAndToken(spec.template) } }),
    ...(status !== undefined && { status: rolloutState(status) }),
  }),
};
/** Caches nothing of the job template of a CronJob. */
export const CRON_JOB: ResourceType<CronJob> = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  keptWhole: concernsEevee,
  plural: 'cronjobs',
  takenOverWhole: true,
  cached: (cronJob) => (cronJob.spec === undefined ? cronJob : { ...cronJob, spec: { ...cronJob.spec, jobTemplate: {} } }),
};
/** Caches nothing of the pod template of a Job. */
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
  keptOfOthers: ({ spec }) => (spec?.accessModes === undefined ? {} : { spec: { accessModes: spec.accessModes } }),
  plural: 'persistentvolumeclaims',
};
/** Caches only where a pod runs and which volumes it has from its spec, and phase, conditions and containers from its status. */
export const POD: ResourceType<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  plural: 'pods',
  cached: ({ spec, status, ...rest }) => ({
    ...rest,
    ...(spec !== undefined && { spec: whereabouts(spec) }),
    ...(status !== undefined && { status: podState(status) }),
  }),
};
export const POD_DISRUPTION_BUDGET: ResourceType<PodDisruptionBudget> = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  keptWhole: concernsEevee,
  plural: 'poddisruptionbudgets',
};
/** Values of Secrets are never cached: the cache holds only metadata. */
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

/** Keeps the object, reason and message of an Event. Its version tells when it was written, by one clock for all. */
const testimony = ({ apiVersion, kind, metadata, involvedObject, ...event }: CoreEvent): CoreEvent => ({
  apiVersion,
  kind,
  metadata: {
    name: metadata.name,
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
    ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
  },
  involvedObject: {
    ...(involvedObject.kind !== undefined && { kind: involvedObject.kind }),
    ...(involvedObject.name !== undefined && { name: involvedObject.name }),
    ...(involvedObject.uid !== undefined && { uid: involvedObject.uid }),
  },
  ...(event.reason !== undefined && { reason: event.reason }),
  ...(event.message !== undefined && { message: event.message }),
});

/** Events that contain information which no status has. */
const eventsWith = (fieldSelector: string): ResourceType<CoreEvent> => ({
  apiVersion: 'v1',
  kind: 'Event',
  plural: 'events',
  withoutBookmarks: true,
  fieldSelector,
  cached: testimony,
});
/** Events about claims from provisioners and the volume binder. */
export const CLAIM_EVENT: ResourceType<CoreEvent> = eventsWith('involvedObject.kind=PersistentVolumeClaim');
/** Events about failed probes. */
export const PROBE_EVENT: ResourceType<CoreEvent> = eventsWith('reason=Unhealthy');
/** Events about pods that could not be created, for Jobs and StatefulSets, whose status does not contain the reason. */
export const CREATION_EVENT: ResourceType<CoreEvent> = eventsWith('reason=FailedCreate');

const withImagesAlone = ({ spec }: PodTemplate): PodTemplate => ({
  ...(spec && { spec: { containers: spec.containers.map(({ name, image }) => ({ name, ...(image !== undefined && { image }) })) } }),
});

/** Checksums that stay unchanged while the Secret that they are computed from is missing. */
const SECRET_CHECKSUMS: ReadonlySet<string> = new Set([ANNOTATION.apiTokenChecksum, ANNOTATION.secretChecksum]);

/** Cached form of a module's pod template: its images, and the checksums of the Secrets that its pods run with. */
function withImagesAndToken(template: PodTemplate): PodTemplate {
  const present = template.metadata?.annotations ?? {};
  const annotations = Object.fromEntries(Object.entries(present).filter(([key]) => SECRET_CHECKSUMS.has(key)));
  const images = withImagesAlone(template);
  return Object.keys(annotations).length === 0 ? images : { ...images, metadata: { annotations } };
}

/** Keeps a volume that has a claim. Keeps only the name of an ephemeral volume: pod and volume name form the claim's name. */
const claimVolumes = (volume: Volume): readonly Volume[] => {
  if (volume.persistentVolumeClaim !== undefined) return [volume];
  return volume.ephemeral === undefined ? [] : [{ name: volume.name, ephemeral: {} }];
};

const whereabouts = ({ nodeName, volumes }: PodSpec): PodSpec => ({
  containers: [],
  ...(nodeName !== undefined && { nodeName }),
  ...(volumes !== undefined && { volumes: volumes.flatMap(claimVolumes) }),
});
