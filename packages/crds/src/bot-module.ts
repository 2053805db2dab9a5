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
        "The module's identity in chat and in the keys of its backups. Letters, digits, '-', '_' and '.', at most 63 characters. Unique in a namespace if the module is to be backed up.",
      maxLength: 63,
      ...rules({
        rule: "self.matches(r'^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')",
        message: "must be made of letters, digits, '-', '_' and '.', and begin and end with a letter or digit, such as echo",
      }),
    }),
    image: image('Container image of the module.'),
    imagePullPolicy: Type.Optional(
      imagePullPolicy(
        'When the node fetches the image. pullPolicy is another name for it; this one wins. IfNotPresent when neither is given.',
      ),
    ),
    pullPolicy: Type.Optional(imagePullPolicy('Another name for imagePullPolicy, which wins when both are given.')),
    enabled: Type.Boolean({
      description: 'Whether the module runs. false removes its Deployment and keeps its volume.',
      default: true,
    }),
    size: count('How many replicas run. 0 stops the module and keeps its Deployment. Also set by kubectl scale.', {
      minimum: 0,
      default: 1,
    }),
    ipcConfig: Type.Optional(
      objectName('Name of an IpcConfig in this namespace. The module gets its host and token as NATS_HOST and NATS_TOKEN.'),
    ),
    moduleConfig: Type.Optional(
      Type.String({
        description: `YAML text that the module finds as a file, at the path in MODULE_CONFIG_PATH. At most 256 KiB. Handed on as it is; text that is not YAML is refused with reason InvalidSpec, its line and column.`,
        maxLength: 1_000_000,
        ...rules({
          rule: `size(bytes(self)) <= ${MODULE_CONFIG_BYTES}`,
          message: 'must be at most 256 KiB (262144 bytes): put what is larger into a volume or an image',
          // The API server's message for any other reason has the whole value in it.
          reason: 'FieldValueForbidden',
        }),
      }),
    ),
    metrics: Type.Boolean({
      description: 'Whether the module serves HTTP: /health, which the default probes ask, and /metrics.',
      default: false,
    }),
    metricsPort: Type.Integer({
      description: "Port of the module's HTTP server; it gets it as HTTP_API_PORT.",
      format: 'int32',
      minimum: 1,
      maximum: 65535,
      default: DEFAULT_HTTP_PORT,
    }),
    persistentVolumeClaim: Type.Optional(
      persistentVolumeClaim(
        "The spec of a PersistentVolumeClaim for the module's data; {} is enough: accessModes is [ReadWriteOnce] and resources.requests.storage 1Gi unless given. The claim is made once and never deleted: disabling or deleting the module keeps its data.",
      ),
    ),
    volumeMountPath: Type.String({
      description: 'Absolute path at which the volume is mounted; the module gets it as MODULE_DATA.',
      maxLength: 1024,
      default: '/data',
      ...rules(
        {
          rule: "self.startsWith('/') && self != '/' && !self.contains(':')",
          message: "must be an absolute path other than / and hold no ':', such as /data",
        },
        {
          rule: `self != '${MODULE_CONFIG_DIRECTORY}' && self != '${MODULE_CONFIG_DIRECTORY}/'`,
          message: `must not be ${MODULE_CONFIG_DIRECTORY}: moduleConfig is mounted there`,
        },
      ),
    }),
    envSecret: Type.Optional(secretReference('A Secret whose keys all become environment variables of the module.')),
    mountOperatorApiToken: Type.Boolean({
      description: "Gives the module the operator API's token and URL, as EEVEE_OPERATOR_API_TOKEN and EEVEE_OPERATOR_API_URL.",
      default: false,
    }),
    livenessProbe: Type.Optional(
      probe(
        'When to restart the container. Replaces the default entirely: GET /health on metricsPort when metrics is true, else none.',
        'once',
      ),
    ),
    readinessProbe: Type.Optional(
      probe(
        'When the pod counts as ready. Replaces the default entirely: GET /health on metricsPort when metrics is true, else none.',
        'repeatedly',
      ),
    ),
    startupProbe: Type.Optional(probe('Holds the other probes back until it succeeds. There is none by default.', 'once')),
    resources: Type.Optional(resources('CPU and memory of the container.')),
    backupSchedule: Type.Optional(
      objectReference('The BackupSchedule that backs this module up. Needs persistentVolumeClaim.', 'BackupSchedule'),
    ),
    bootstrapFromBackup: Type.Optional(bootstrapFromBackup),
    env: Type.Optional(
      env('Further environment variables of the module, as in a container. What the operator itself sets cannot be replaced.'),
    ),
    imagePullSecrets: Type.Optional(imagePullSecrets('Secrets to fetch the image with.')),
    nodeSelector: Type.Optional(nodeSelector('Labels that a node must have to run the pods.')),
    tolerations: Type.Optional(tolerations('Taints of nodes that the pods tolerate.')),
    affinity: Type.Optional(affinity('Where the pods should and should not run.')),
    podLabels: Type.Optional(podLabels('Further labels of the pods.')),
    podAnnotations: Type.Optional(podAnnotations('Further annotations of the pods.')),
    podSecurityContext: Type.Optional(
      podSecurityContext(
        'Security settings of the pods. What is given wins over the default, which passes the Pod Security Standard "restricted": user and group 1000, non-root, seccomp RuntimeDefault.',
      ),
    ),
    securityContext: Type.Optional(
      securityContext(
        'Security settings of the container. What is given wins over the default, which passes the Pod Security Standard "restricted": no privilege escalation, all capabilities dropped.',
      ),
    ),
    serviceAccountName: Type.Optional(objectName("ServiceAccount of the pods. The namespace's default unless given.")),
    strategy: Type.Optional(
      deploymentStrategy(
        'How pods are replaced. Unless given, Recreate when the module has a volume that only one node can mount, else RollingUpdate.',
      ),
    ),
    terminationGracePeriodSeconds: seconds('How long a pod may take to stop before it is killed.', { minimum: 0, default: 30 }),
    restartOnConfigChange: Type.Boolean({
      description: 'Whether a change of moduleConfig rolls the pods. When false, a module has to watch its file itself.',
      default: false,
    }),
    command: Type.Optional(words("Program of the module's container, in place of the image's ENTRYPOINT. Not run in a shell.")),
    args: Type.Optional(words("Arguments of the module's container, in place of the image's CMD.")),
    envFrom: Type.Optional(
      envFrom(
        'Secrets and ConfigMaps whose keys all become environment variables of the module. envSecret comes first; what the operator sets and env win over both.',
      ),
    ),
    volumes: Type.Optional(
      volumes(
        'Further volumes of the pods, for volumeMounts, initContainers and sidecars. The names module-config, module-data and nats-ca are taken by the operator.',
      ),
    ),
    volumeMounts: Type.Optional(
      volumeMounts(
        "Where the module's container mounts volumes. volumeMountPath and the directories of moduleConfig and of the certificates of NATS are taken.",
      ),
    ),
    initContainers: Type.Optional(
      containers(
        'Containers that run before the module, one after the other; one with restartPolicy Always runs beside it and stops after it. They get the default securityContext of the module unless they have their own, and may mount module-data and module-config.',
      ),
    ),
    sidecars: Type.Optional(
      containers(
        'Containers that run beside the module in each pod. They get the default securityContext of the module unless they have their own, and may mount module-data and module-config.',
      ),
    ),
    lifecycle: Type.Optional(lifecycle("What the kubelet does after the start and before the end of the module's container.")),
    topologySpreadConstraints: Type.Optional(
      topologySpreadConstraints(
        "How the pods are spread over nodes and zones. Without a labelSelector, a constraint counts the module's own pods.",
      ),
    ),
    priorityClassName: Type.Optional(priorityClassName('Name of the PriorityClass of the pods.')),
    runtimeClassName: Type.Optional(runtimeClassName('Name of the RuntimeClass that runs the pods, such as gvisor.')),
    hostAliases: Type.Optional(hostAliases('Further entries of /etc/hosts in the pods.')),
    dnsConfig: Type.Optional(dnsConfig('DNS settings of the pods, merged with what the cluster gives them.')),
    revisionHistoryLimit: Type.Optional(count('How many old ReplicaSets are kept. 10 unless given.', { minimum: 0 })),
    progressDeadlineSeconds: Type.Optional(
      count('After how many seconds without progress a rollout counts as failed. 600 unless given.', { minimum: 1 }),
    ),
    restartOnSecretChange: Type.Boolean({
      description:
        'Whether a change of a Secret in envSecret or envFrom rolls the pods. When false, running pods keep the values that they started with.',
      default: false,
    }),
    service: Type.Optional(moduleService),
    podMonitor: Type.Optional(podMonitor),
    automountServiceAccountToken: Type.Boolean({
      description: 'Whether the pods get a token for the Kubernetes API, that of their ServiceAccount.',
      default: false,
    }),
  },
  {
    description: 'What the module is and how it should run.',
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
    replicas: Type.Optional(Type.Integer({ description: 'Pods that exist.', format: 'int32', minimum: 0 })),
    readyReplicas: Type.Optional(Type.Integer({ description: 'Pods that are ready.', format: 'int32', minimum: 0 })),
    selector: Type.Optional(Type.String({ description: "Label selector of the module's pods, for the scale subresource." })),
    image: Type.Optional(Type.String({ description: 'Image that the Deployment runs.' })),
    lastBackup: Type.Optional(lastBackup('The last backup of the module that ended.')),
    lastVerified: Type.Optional(lastVerification("The last verification of the module's backups that ended.")),
    lastVerifiedTime,
  },
  { description: 'What is observed; written by the operator.' },
);

type Spec = ReadonlyDeep<Static<typeof BOT_MODULE_SPEC>>;

/** Spec of a BotModule as stored: fields with a default in the schema are always there. */
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

/** A BotModule as a person writes it. */
export interface BotModuleInput extends ResourceInput<'BotModule', BotModuleSpecInput> {}
