import type { Accepted } from './case.ts';
import { minimal, podSpec } from './module-specs.ts';

const defaults = {
  enabled: true,
  size: 1,
  metrics: false,
  metricsPort: 9000,
  volumeMountPath: '/data',
  mountOperatorApiToken: false,
  terminationGracePeriodSeconds: 30,
  restartOnConfigChange: false,
  automountServiceAccountToken: false,
  restartOnSecretChange: false,
};

const wholeAffinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }], matchFields: [] }],
    },
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] } },
    ],
  },
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'cache' } }, namespaces: ['x'], namespaceSelector: {} },
    ],
  },
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: 'kubernetes.io/hostname',
          labelSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['batch'] }] },
          matchLabelKeys: ['pod-template-hash'],
        },
      },
    ],
  },
};

export const acceptedBotModules: readonly Accepted[] = [
  { title: 'a minimal one', spec: minimal, defaults },
  {
    title: 'one with an image of a registry with an IPv6 address, and a scrapeTimeout as long as its interval',
    spec: {
      ...minimal,
      image: '[2001:db8::1]:5000/team/echo:1',
      metrics: true,
      podMonitor: { interval: '1h1m', scrapeTimeout: '60m60s' },
    },
    defaults: { ...defaults, podMonitor: { enabled: true } },
  },
  {
    title: 'one as written for the operator before this one',
    spec: {
      ...minimal,
      enabled: true,
      size: 1,
      pullPolicy: 'Always',
      metrics: true,
      metricsPort: 9001,
      ipcConfig: 'my-bot',
      moduleConfig: 'ratelimit:\n  mode: drop\n',
      persistentVolumeClaim: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '5Gi' } },
        storageClassName: 'fast',
      },
      volumeMountPath: '/var/lib/module',
      mountOperatorApiToken: true,
      envSecret: { name: 'module-env', namespace: 'default' },
      backupSchedule: { name: 'nightly' },
      bootstrapFromBackup: {
        s3Store: { name: 'backups' },
        image: 'team/backup:1',
        imagePullPolicy: 'Always',
        resources: { requests: { cpu: '1' } },
        podLabels: { team: 'bots' },
        podAnnotations: { a: 'b' },
        imagePullSecrets: [{ name: 'registry' }],
        priorityClassName: 'low',
      },
    },
    defaults: {
      terminationGracePeriodSeconds: 30,
      restartOnConfigChange: false,
      automountServiceAccountToken: false,
      restartOnSecretChange: false,
    },
  },
  {
    title: 'an empty volume claim',
    spec: { ...minimal, persistentVolumeClaim: {} },
    defaults: { ...defaults, persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } },
  },
  {
    title: 'a volume claim with everything',
    spec: {
      ...minimal,
      persistentVolumeClaim: {
        accessModes: ['ReadWriteMany', 'ReadOnlyMany'],
        dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
        dataSourceRef: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before' },
        resources: { requests: { storage: '10Gi' }, limits: { storage: '20Gi' } },
        selector: { matchLabels: { tier: 'gold' }, matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] },
        storageClassName: '',
        volumeAttributesClassName: 'silver',
        volumeMode: 'Filesystem',
        volumeName: 'pv-1',
      },
    },
    defaults,
  },
  {
    title: 'every pod setting',
    spec: {
      ...minimal,
      image: 'localhost:5000/team/sub_dir/echo-module:v1.2.3-rc.1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      livenessProbe: { exec: { command: ['true'] }, initialDelaySeconds: 0, terminationGracePeriodSeconds: 5 },
      readinessProbe: {
        httpGet: { path: '/ready', port: 'metrics', scheme: 'HTTPS', httpHeaders: [{ name: 'Host', value: 'me' }] },
        successThreshold: 2,
      },
      startupProbe: { grpc: { port: 9000, service: 'module' }, failureThreshold: 30, periodSeconds: 2, timeoutSeconds: 1 },
      resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: 1, memory: '128Mi', 'example.com/gpu': '1' } },
      env: [
        { name: 'PLAIN', value: '1' },
        { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'a', key: 'b', optional: true } } },
        { name: 'FROM_MAP', valueFrom: { configMapKeyRef: { name: 'a', key: 'b' } } },
        { name: 'FROM_FIELD', valueFrom: { fieldRef: { fieldPath: 'status.podIP', apiVersion: 'v1' } } },
        { name: 'FROM_RESOURCE', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', containerName: 'module', divisor: '1m' } } },
      ],
      imagePullSecrets: [{ name: 'registry' }],
      nodeSelector: { 'kubernetes.io/arch': 'arm64', empty: '' },
      tolerations: [
        { key: 'dedicated', operator: 'Equal', value: 'bots', effect: 'NoExecute', tolerationSeconds: 60 },
        { operator: 'Exists' },
      ],
      affinity: wholeAffinity,
      podLabels: { team: 'chat' },
      podAnnotations: { 'example.com/note': 'any text at all: {}' },
      podSecurityContext: {
        fsGroup: 1000,
        fsGroupChangePolicy: 'OnRootMismatch',
        runAsUser: 1000,
        seLinuxOptions: { level: 's0:c123,c456' },
        seccompProfile: { type: 'Localhost', localhostProfile: 'x.json' },
        supplementalGroups: [1, 2],
        sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }],
      },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
        readOnlyRootFilesystem: true,
        windowsOptions: { runAsUserName: 'me' },
      },
      serviceAccountName: 'echo',
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      terminationGracePeriodSeconds: 0,
      restartOnConfigChange: true,
      automountServiceAccountToken: true,
      restartOnSecretChange: true,
      service: { type: 'NodePort', port: 80, ports: [{ name: 'hook', port: 81, targetPort: 82 }], annotations: { a: 'b' } },
    },
    defaults: { enabled: true, size: 1, metrics: false, metricsPort: 9000, volumeMountPath: '/data', mountOperatorApiToken: false },
  },
  { title: 'further containers and volumes', spec: { ...minimal, ...podSpec }, defaults },
  {
    title: 'a bootstrap from a certain backup',
    spec: {
      ...minimal,
      persistentVolumeClaim: { accessModes: ['ReadWriteOncePod'] },
      bootstrapFromBackup: { s3Store: { name: 'backups' }, backupId: '0D7B6A54-6f6c-4f5e-9c43-1f1f2a3b4c5d' },
    },
    defaults: { ...defaults, bootstrapFromBackup: { imagePullPolicy: 'IfNotPresent' } },
  },
  {
    title: 'a module name of a single letter, dots and underscores',
    spec: { ...minimal, moduleName: 'A', size: 0 },
    defaults: { ...defaults, size: 0 },
  },
  { title: 'a module name with all it may hold', spec: { ...minimal, moduleName: 'connector_irc.Libera-1' }, defaults },
];
