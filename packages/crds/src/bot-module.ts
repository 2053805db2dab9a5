import { DEFAULT_HTTP_PORT, MODULE_CONFIG_BYTES, MODULE_CONFIG_DIRECTORY } from '@eeveebot/contract';
import { Type, type Static } from 'typebox';
import {
  containers,
  dnsConfig,
  envFrom,
  hostAliases,
  lifecycle,
  runtimeClassName,
  volumeMounts,
  volumes,
  words,
} from './container-fields.ts';
import { commonStatus, lastBackup, lastVerification, lastVerifiedTime } from './conditions.ts';
import { bootstrapFromBackup } from './bootstrap-from-backup.ts';
import { count, image, imagePullPolicy, objectName, objectReference, rules, seconds, secretReference } from './fields.ts';
import {
  affinity,
  deploymentStrategy,
  env,
  imagePullSecrets,
  nodeSelector,
  persistentVolumeClaim,
  podAnnotations,
  podLabels,
  podSecurityContext,
  priorityClassName,
  probe,
  resources,
  securityContext,
  tolerations,
  topologySpreadConstraints,
} from './pod-fields.ts';
import { moduleService } from './module-service.ts';
import { podMonitor } from './pod-monitor.ts';
import type { Input, ReadonlyDeep, Resource, ResourceInput } from './resource.ts';

export const BOT_MODULE_SPEC = Type.Object(
  {
    moduleName: Type.String({
      description:
        "The module's identity in chat and in the keys of its backups. Letters, digits, '-', '_' and '.', at most 63 characters. Must be unique in the namespace for the module to be backed up.",
      maxLength: 63,
      ...rules({
        rule: "self.matches(r'^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
        message: "must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit, such as echo",
      }),
    }),
    image: image('Container image of the module.'),
    imagePullPolicy: Type.Optional(
      imagePullPolicy(
        'When the kubelet pulls the image. pullPolicy is an alias; imagePullPolicy wins if both are set. Default: IfNotPresent.',
      ),
    ),
    pullPolicy: Type.Optional(imagePullPolicy('Alias of imagePullPolicy, which wins if both are set.')),
    enabled: Type.Boolean({
      description: 'Whether the module runs. false removes its Deployment and keeps its volume.',
      default: true,
    }),
    size: count('Number of replicas. 0 stops the module and keeps its Deployment. kubectl scale sets it too.', {
      minimum: 0,
      default: 1,
    }),
    ipcConfig: Type.Optional(
      objectName('Name of an IpcConfig in this namespace. The module gets its host and token as NATS_HOST and NATS_TOKEN.'),
    ),
    moduleConfig: Type.Optional(
      Type.String({
        description: `Configuration of the module as YAML text, mounted as a file at the path in MODULE_CONFIG_PATH. At most 256 KiB. Passed on unchanged; invalid YAML is rejected with reason InvalidSpec, and the message gives line and column.`,
        maxLength: 1_000_000,
        ...rules({
          rule: `size(bytes(self)) <= ${MODULE_CONFIG_BYTES}`,
          message: 'must be at most 256 KiB (262144 bytes): put larger files into a volume or an image',
          // The API server's message for any other reason has the whole value in it.
          reason: 'FieldValueForbidden',
        }),
      }),
    ),
    metrics: Type.Boolean({
      description: 'Whether the module serves HTTP: /health, which the default probes request, and /metrics.',
      default: false,
    }),
    metricsPort: Type.Integer({
      description: "Port of the module's HTTP server, passed to the module as HTTP_API_PORT.",
      format: 'int32',
      minimum: 1,
      maximum: 65535,
      default: DEFAULT_HTTP_PORT,
    }),
    persistentVolumeClaim: Type.Optional(
      persistentVolumeClaim(
        "The spec of a PersistentVolumeClaim for the module's data; {} is enough: by default, accessModes is [ReadWriteOnce] and resources.requests.storage is 1Gi. The claim is created once and never deleted: disabling or deleting the module keeps its data.",
      ),
    ),
    volumeMountPath: Type.String({
      description: 'Absolute path at which the volume is mounted, passed to the module as MODULE_DATA.',
      maxLength: 1024,
      default: '/data',
      ...rules(
        {
          rule: "self.startsWith('/') && self != '/' && !self.contains(':')",
          message: "must be an absolute path other than / without ':', such as /data",
        },
        {
          rule: `self != '${MODULE_CONFIG_DIRECTORY}' && self != '${MODULE_CONFIG_DIRECTORY}/'`,
          message: `must not be ${MODULE_CONFIG_DIRECTORY}: moduleConfig is mounted there`,
        },
      ),
    }),
    envSecret: Type.Optional(secretReference('A Secret whose keys become environment variables of the module.')),
    mountOperatorApiToken: Type.Boolean({
      description:
        "Whether the module gets the URL and a token of the operator's HTTP API, as EEVEE_OPERATOR_API_URL and EEVEE_OPERATOR_API_TOKEN.",
      default: false,
    }),
    livenessProbe: Type.Optional(
      probe(
        'Liveness probe: restarts the container when it fails. Replaces the whole default, which is GET /health on metricsPort if metrics is true, and no probe otherwise.',
        'once',
      ),
    ),
    readinessProbe: Type.Optional(
      probe(
        'Readiness probe: decides whether the pod is ready. Replaces the whole default, which is GET /health on metricsPort if metrics is true, and no probe otherwise.',
        'repeatedly',
      ),
    ),
    startupProbe: Type.Optional(probe('Startup probe: delays the other probes until it succeeds. Default: no probe.', 'once')),
    resources: Type.Optional(resources('CPU and memory of the container.')),
    backupSchedule: Type.Optional(
      objectReference('The BackupSchedule that backs up the module. Requires persistentVolumeClaim.', 'BackupSchedule'),
    ),
    bootstrapFromBackup: Type.Optional(bootstrapFromBackup),
    env: Type.Optional(
      env('Additional environment variables of the module, as in a container. Variables that the operator sets cannot be replaced.'),
    ),
    imagePullSecrets: Type.Optional(imagePullSecrets('Secrets with the credentials to pull the image.')),
    nodeSelector: Type.Optional(nodeSelector('Labels that a node must have to run the pods.')),
    tolerations: Type.Optional(tolerations('Taints of nodes that the pods tolerate.')),
    affinity: Type.Optional(affinity('Rules for the nodes that run the pods.')),
    podLabels: Type.Optional(podLabels('Additional labels of the pods.')),
    podAnnotations: Type.Optional(podAnnotations('Additional annotations of the pods.')),
    podSecurityContext: Type.Optional(
      podSecurityContext(
        'Security context of the pods. Each field given replaces the same field of the default, which meets the Pod Security Standard "restricted": user and group 1000, non-root, seccomp profile RuntimeDefault. {} leaves user and group to the cluster, as OpenShift requires, also in the Jobs of its backups.',
      ),
    ),
    securityContext: Type.Optional(
      securityContext(
        'Security context of the container. Each field given replaces the same field of the default, which meets the Pod Security Standard "restricted": no privilege escalation, all capabilities dropped.',
      ),
    ),
    serviceAccountName: Type.Optional(objectName('ServiceAccount of the pods. Default: the default ServiceAccount of the namespace.')),
    strategy: Type.Optional(
      deploymentStrategy(
        'How pods are replaced. Default: Recreate if a volume that the pods may write to can have a single writer, such as a ReadWriteOnce claim in persistentVolumeClaim or volumes, RollingUpdate otherwise.',
      ),
    ),
    terminationGracePeriodSeconds: seconds('Time that a pod may take to stop before it is killed, in seconds.', {
      minimum: 0,
      default: 30,
    }),
    restartOnConfigChange: Type.Boolean({
      description: 'Whether a change of moduleConfig restarts the pods. If false, the module must watch the file.',
      default: false,
    }),
    command: Type.Optional(words("Program of the module's container, in place of the image's ENTRYPOINT. Not run in a shell.")),
    args: Type.Optional(words("Arguments of the module's container, in place of the image's CMD.")),
    envFrom: Type.Optional(
      envFrom(
        'Secrets and ConfigMaps whose keys become environment variables of the module. They take precedence over envSecret; env and the variables that the operator sets take precedence over both.',
      ),
    ),
    volumes: Type.Optional(
      volumes(
        'Additional volumes of the pods, for volumeMounts, initContainers and sidecars. The operator uses the names module-config, module-data and nats-ca.',
      ),
    ),
    volumeMounts: Type.Optional(
      volumeMounts(
        "Volume mounts of the module's container. volumeMountPath and the directories of moduleConfig and of the NATS certificates are reserved.",
      ),
    ),
    initContainers: Type.Optional(
      containers(
        'Containers that run before the module, one after the other; a container with restartPolicy Always keeps running with the module and stops after it. Their default securityContext is that of the module. They may mount module-data and module-config.',
      ),
    ),
    sidecars: Type.Optional(
      containers(
        'Additional containers in each pod of the module. Their default securityContext is that of the module. They may mount module-data and module-config.',
      ),
    ),
    lifecycle: Type.Optional(lifecycle("Hooks that the kubelet runs after the start and before the stop of the module's container.")),
    topologySpreadConstraints: Type.Optional(
      topologySpreadConstraints(
        "How the pods are spread over nodes and zones. Without a labelSelector, a constraint counts the module's own pods.",
      ),
    ),
    priorityClassName: Type.Optional(priorityClassName('Name of the PriorityClass of the pods.')),
    runtimeClassName: Type.Optional(runtimeClassName('Name of the RuntimeClass that runs the pods, such as gvisor.')),
    hostAliases: Type.Optional(hostAliases('Additional entries of /etc/hosts in the pods.')),
    dnsConfig: Type.Optional(dnsConfig('DNS settings of the pods, merged with those of the cluster.')),
    revisionHistoryLimit: Type.Optional(count('Number of old ReplicaSets to keep. Default: 10.', { minimum: 0 })),
    progressDeadlineSeconds: Type.Optional(
      count('Time without progress after which a rollout counts as failed, in seconds. Default: 600.', { minimum: 1 }),
    ),
    restartOnSecretChange: Type.Boolean({
      description:
        'Whether a change of a Secret in envSecret or envFrom restarts the pods. If false, running pods keep the values that they started with.',
      default: false,
    }),
    service: Type.Optional(moduleService),
    podMonitor: Type.Optional(podMonitor),
    automountServiceAccountToken: Type.Boolean({
      description: 'Whether the token of the ServiceAccount, which gives access to the Kubernetes API, is mounted into the pods.',
      default: false,
    }),
  },
  {
    description: 'Desired state of the module.',
    ...rules(
      {
        rule: '!has(self.backupSchedule) || has(self.persistentVolumeClaim)',
        message: 'backupSchedule needs a volume to back up: add persistentVolumeClaim ({} is enough) or remove backupSchedule',
        fieldPath: '.persistentVolumeClaim',
        reason: 'FieldValueRequired',
      },
      {
        rule: '!has(self.podMonitor) || !self.podMonitor.enabled || self.metrics',
        message: 'podMonitor needs metrics: set metrics to true, or remove podMonitor',
        fieldPath: '.metrics',
        reason: 'FieldValueRequired',
      },
      {
        rule: '!has(self.bootstrapFromBackup) || has(self.persistentVolumeClaim)',
        message:
          'bootstrapFromBackup needs a volume to restore into: add persistentVolumeClaim ({} is enough) or remove bootstrapFromBackup',
        fieldPath: '.persistentVolumeClaim',
        reason: 'FieldValueRequired',
      },
    ),
  },
);

export const BOT_MODULE_STATUS = Type.Object(
  {
    ...commonStatus,
    replicas: Type.Optional(Type.Integer({ description: 'Number of pods.', format: 'int32', minimum: 0 })),
    readyReplicas: Type.Optional(Type.Integer({ description: 'Number of ready pods.', format: 'int32', minimum: 0 })),
    selector: Type.Optional(Type.String({ description: "Label selector of the module's pods, for the scale subresource." })),
    image: Type.Optional(Type.String({ description: 'Image in the Deployment.' })),
    lastBackup: Type.Optional(lastBackup('The last finished backup of the module.')),
    lastVerified: Type.Optional(lastVerification("The last finished verification of the module's backups.")),
    lastVerifiedTime,
  },
  { description: 'Observed state, written by the operator.' },
);

type Spec = ReadonlyDeep<Static<typeof BOT_MODULE_SPEC>>;

/** Spec of a BotModule as stored: fields with a default in the schema are always present. */
export interface BotModuleSpec extends Spec {}

/** Spec of a BotModule as written. */
export interface BotModuleSpecInput extends Omit<
  Input<
    Spec,
    | 'enabled'
    | 'size'
    | 'metrics'
    | 'metricsPort'
    | 'volumeMountPath'
    | 'mountOperatorApiToken'
    | 'terminationGracePeriodSeconds'
    | 'restartOnConfigChange'
    | 'automountServiceAccountToken'
    | 'restartOnSecretChange'
  >,
  'persistentVolumeClaim' | 'bootstrapFromBackup' | 'service' | 'podMonitor'
> {
  readonly persistentVolumeClaim?: Input<NonNullable<Spec['persistentVolumeClaim']>, 'accessModes'>;
  readonly service?: Input<NonNullable<Spec['service']>, 'type'>;
  readonly podMonitor?: Input<NonNullable<Spec['podMonitor']>, 'enabled'>;
  readonly bootstrapFromBackup?: Input<NonNullable<Spec['bootstrapFromBackup']>, 'imagePullPolicy'>;
}

/** Status of a BotModule. */
export interface BotModuleStatus extends ReadonlyDeep<Static<typeof BOT_MODULE_STATUS>> {}

/** A module of a bot, run as one Deployment, as the API server returns it. */
export interface BotModule extends Resource<'BotModule', BotModuleSpec, BotModuleStatus> {}

/** A BotModule as a user writes it. */
export interface BotModuleInput extends ResourceInput<'BotModule', BotModuleSpecInput> {}
