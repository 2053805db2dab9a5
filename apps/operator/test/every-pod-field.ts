/** Resources that use the fields from which the operator makes pods and the objects around them. */

const labelSelector = { matchLabels: { tier: 'chat' }, matchExpressions: [{ key: 'disk', operator: 'In', values: ['fast'] }] };
const resources = {
  requests: { cpu: '10m', memory: '16Mi', 'example.com/gpu': '1' },
  limits: { cpu: '4', memory: '4Gi', 'example.com/gpu': '1' },
};
const affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['fast'] }] }],
    },
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] } },
    ],
  },
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector, namespaces: ['bots'] }],
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, podAffinityTerm: { topologyKey: 'zone', namespaceSelector: labelSelector } },
    ],
  },
};
const securityContext = {
  runAsUser: 1,
  runAsGroup: 1,
  procMount: 'Default',
  capabilities: { add: ['CHOWN'], drop: ['ALL'] },
  seccompProfile: { type: 'Localhost', localhostProfile: 'a' },
  appArmorProfile: { type: 'Localhost', localhostProfile: 'a' },
  seLinuxOptions: { level: 's0' },
};
const placement = {
  nodeSelector: { disk: 'fast' },
  tolerations: [{ key: 'a', operator: 'Equal', value: 'x', effect: 'NoExecute', tolerationSeconds: 1 }],
  affinity,
  priorityClassName: 'important',
};
const metadata = { podLabels: { tier: 'chat' }, podAnnotations: { 'example.com/a': 'x' }, imagePullSecrets: [{ name: 'registry' }] };
const podSecurityContext = {
  runAsUser: 1,
  runAsGroup: 1,
  fsGroup: 1,
  fsGroupChangePolicy: 'Always',
  supplementalGroups: [1],
  supplementalGroupsPolicy: 'Merge',
  sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
  seccompProfile: { type: 'Localhost', localhostProfile: 'a' },
};
const topologySpreadConstraints = [
  { maxSkew: 1, minDomains: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector, nodeTaintsPolicy: 'Honor' },
];
const probe = { httpGet: { path: '/', port: 'http', scheme: 'HTTP', httpHeaders: [{ name: 'a', value: 'b' }] }, periodSeconds: 1 };
const exec = { command: ['true'] };
const mounts = [{ name: 'scratch', mountPath: '/x', subPath: 'y', mountPropagation: 'None' }];
const variables = [
  { name: 'PLAIN', value: 'x' },
  { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
  { name: 'FIELD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'AMOUNT', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
];
const container = {
  image: 'example/a:1',
  imagePullPolicy: 'Always',
  env: variables,
  envFrom: [{ prefix: 'P_', secretRef: { name: 's' } }],
  ports: [{ name: 'extra', containerPort: 8080, protocol: 'TCP', hostPort: 8080, hostIP: '10.0.0.1' }],
  resources,
  securityContext,
  volumeMounts: mounts,
  workingDir: '/x',
  terminationMessagePolicy: 'File',
};

export const EVERY_POD_FIELD = {
  BotModule: {
    moduleName: 'm',
    image: 'example/m:1',
    imagePullPolicy: 'Always',
    size: 2,
    metrics: true,
    metricsPort: 9000,
    persistentVolumeClaim: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'fast',
      volumeMode: 'Filesystem',
      volumeName: 'v',
      selector: labelSelector,
      resources: { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } },
      dataSource: { kind: 'PersistentVolumeClaim', name: 'other' },
    },
    volumeMountPath: '/data',
    moduleConfig: 'a: 1',
    envSecret: { name: 's' },
    livenessProbe: probe,
    readinessProbe: { grpc: { port: 1, service: 'x' }, successThreshold: 2 },
    startupProbe: { tcpSocket: { port: 80, host: 'h' } },
    resources,
    env: variables,
    envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }],
    ...metadata,
    ...placement,
    podSecurityContext,
    securityContext,
    serviceAccountName: 'a',
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: '50%' } },
    terminationGracePeriodSeconds: 30,
    command: ['a'],
    args: ['b'],
    volumes: [
      { name: 'scratch', emptyDir: { medium: 'Memory', sizeLimit: '1Gi' } },
      { name: 'secret', secret: { secretName: 's', defaultMode: 256, items: [{ key: 'k', path: 'p', mode: 256 }] } },
      {
        name: 'projected',
        projected: { defaultMode: 256, sources: [{ serviceAccountToken: { audience: 'a', expirationSeconds: 600, path: 't' } }] },
      },
      { name: 'claim', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'nfs', nfs: { server: 's', path: '/p' } },
      { name: 'host', hostPath: { path: '/p', type: 'Directory' } },
      { name: 'downward', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      {
        name: 'ephemeral',
        ephemeral: { volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } } },
      },
    ],
    volumeMounts: mounts,
    initContainers: [{ name: 'init', restartPolicy: 'Always', ...container }],
    sidecars: [{ name: 'side', ...container, livenessProbe: probe }],
    lifecycle: { postStart: { exec }, preStop: { sleep: { seconds: 1 } } },
    topologySpreadConstraints,
    runtimeClassName: 'r',
    hostAliases: [{ ip: '10.0.0.1', hostnames: ['h'] }],
    dnsConfig: { nameservers: ['10.0.0.1'], searches: ['a.b'], options: [{ name: 'ndots', value: '1' }] },
    revisionHistoryLimit: 1,
    progressDeadlineSeconds: 600,
    service: { type: 'NodePort', port: 80, annotations: { 'example.com/a': 'x' }, ports: [{ name: 'more', port: 81, targetPort: 8080 }] },
    bootstrapFromBackup: { s3Store: { name: 's3' }, image: 'example/b:1', ...metadata, resources, priorityClassName: 'important' },
  },
  IpcConfig: {
    nats: {
      managed: {
        enabled: true,
        image: 'example/nats:2',
        imagePullPolicy: 'Always',
        resources,
        replicas: 3,
        jetstream: { enabled: true, size: '1Gi', storageClassName: 'fast' },
        podSecurityContext,
        ...metadata,
        ...placement,
        topologySpreadConstraints,
      },
      token: { generate: true, secretKeyRef: { secret: { name: 't' }, key: 'token' } },
      tls: { secretName: 'tls' },
    },
  },
  BackupSchedule: {
    schedule: '30 3 * * *',
    timeZone: 'Etc/UTC',
    s3Store: { name: 's3' },
    image: 'example/b:1',
    imagePullPolicy: 'Always',
    verification: {
      schedule: '30 4 * * *',
      mode: 'Restore',
      scratchSize: '1Gi',
      storageClassName: 'fast',
      resources,
      activeDeadlineSeconds: 60,
    },
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 1,
    activeDeadlineSeconds: 60,
    startingDeadlineSeconds: 60,
    ...metadata,
    resources,
    priorityClassName: 'important',
  },
  BackupRestore: {
    botModule: { name: 'm' },
    s3Store: { name: 's3' },
    image: 'example/b:1',
    imagePullPolicy: 'Always',
    activeDeadlineSeconds: 60,
    ...metadata,
    resources,
    priorityClassName: 'important',
  },
};
