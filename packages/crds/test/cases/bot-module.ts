import { type Cases, NO_BACKUP_ID, NO_IMAGE, NO_NAME, NO_SELECTING_LABEL } from './case.ts';
import { podSpec } from './module-pods.ts';

const minimal = { moduleName: 'echo', image: 'team/echo:1.2.3' };

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

export const botModule: Cases = {
  accepted: [
    { title: 'a minimal one', spec: minimal, defaults },
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
        image:
          'localhost:5000/team/sub_dir/echo-module:v1.2.3-rc.1@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
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
  ],
  refused: [
    {
      title: 'a moduleConfig of more than 256 KiB',
      spec: { ...minimal, moduleConfig: 'ä'.repeat(131_073) },
      problems: ['spec.moduleConfig: Forbidden: must be at most 256 KiB (262144 bytes): put larger files into a volume or an image'],
    },
    { title: 'no moduleName', spec: { image: 'a' }, problems: ['spec.moduleName: Required value'] },
    { title: 'no image', spec: { moduleName: 'a' }, problems: ['spec.image: Required value'] },
    {
      title: 'a moduleName with a space',
      spec: { ...minimal, moduleName: 'my module' },
      problems: [
        "spec.moduleName: Invalid value: \"my module\": must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit, such as echo",
      ],
    },
    {
      title: 'an empty moduleName',
      spec: { ...minimal, moduleName: '' },
      problems: [
        "spec.moduleName: Invalid value: \"\": must consist of letters, digits, '-', '_' and '.', and start and end with a letter or digit, such as echo",
      ],
    },
    {
      title: 'a moduleName of 64 characters',
      spec: { ...minimal, moduleName: 'a'.repeat(64) },
      problems: ['spec.moduleName: Too long: may not be more than 63 bytes'],
    },
    {
      title: 'an image with a scheme',
      spec: { ...minimal, image: 'https://team/echo' },
      problems: [`spec.image: Invalid value: "https://team/echo": ${NO_IMAGE}`],
    },
    {
      title: 'an image in capitals',
      spec: { ...minimal, image: 'Team/Echo' },
      problems: [`spec.image: Invalid value: "Team/Echo": ${NO_IMAGE}`],
    },
    {
      title: 'an image with an empty tag',
      spec: { ...minimal, image: 'team/echo:' },
      problems: [`spec.image: Invalid value: "team/echo:": ${NO_IMAGE}`],
    },
    {
      title: 'a size below 0',
      spec: { ...minimal, size: -1 },
      problems: [
        'spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0',
        '.spec.size: Invalid value: -1: should be a non-negative integer',
      ],
    },
    {
      title: 'an unknown pull policy',
      spec: { ...minimal, pullPolicy: 'Sometimes' },
      problems: ['spec.pullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    },
    {
      title: 'a port past the last',
      spec: { ...minimal, metricsPort: 70000 },
      problems: ['spec.metricsPort: Invalid value: 70000: spec.metricsPort in body should be less than or equal to 65535'],
    },
    {
      title: 'a relative mount path',
      spec: { ...minimal, volumeMountPath: 'data' },
      problems: ['spec.volumeMountPath: Invalid value: "data": must be an absolute path other than / without \':\', such as /data'],
    },
    {
      title: 'a volume over the configuration',
      spec: { ...minimal, volumeMountPath: '/etc/module-config' },
      problems: [
        'spec.volumeMountPath: Invalid value: "/etc/module-config": must not be /etc/module-config: moduleConfig is mounted there',
      ],
    },
    {
      title: 'a backup schedule without a volume',
      spec: { ...minimal, backupSchedule: { name: 'nightly' } },
      problems: [
        'spec.persistentVolumeClaim: Required value: backupSchedule needs a volume to back up: add persistentVolumeClaim ({} is enough) or remove backupSchedule',
      ],
    },
    {
      title: 'a bootstrap without a volume',
      spec: { ...minimal, bootstrapFromBackup: { s3Store: { name: 'backups' } } },
      problems: [
        'spec.persistentVolumeClaim: Required value: bootstrapFromBackup needs a volume to restore into: add persistentVolumeClaim ({} is enough) or remove bootstrapFromBackup',
      ],
    },
    {
      title: 'an invalid backup id',
      spec: { ...minimal, persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'backups' }, backupId: 'latest' } },
      problems: [`spec.bootstrapFromBackup.backupId: Invalid value: "latest": ${NO_BACKUP_ID}`],
    },
    {
      title: 'a bootstrap from nowhere',
      spec: { ...minimal, persistentVolumeClaim: {}, bootstrapFromBackup: {} },
      problems: ['spec.bootstrapFromBackup.s3Store: Required value'],
    },
    {
      title: 'a volume of nothing',
      spec: { ...minimal, persistentVolumeClaim: { resources: { requests: { storage: 0 } } } },
      problems: ['spec.persistentVolumeClaim.resources.requests: Invalid value: storage must be a size greater than 0, such as 1Gi'],
    },
    {
      title: 'an invalid volume size',
      spec: { ...minimal, persistentVolumeClaim: { resources: { requests: { storage: 'ten' } } } },
      problems: ['spec.persistentVolumeClaim.resources.requests[storage]: Invalid value: "ten": must be a quantity such as 500m, 1 or 1Gi'],
    },
    {
      title: 'a short name of an access mode',
      spec: { ...minimal, persistentVolumeClaim: { accessModes: ['RWO'] } },
      problems: [
        'spec.persistentVolumeClaim.accessModes[0]: Unsupported value: "RWO": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    },
    {
      title: 'a probe that asks two things',
      spec: { ...minimal, livenessProbe: { exec: { command: ['true'] }, httpGet: { port: 1 } } },
      problems: [
        'spec.livenessProbe: Invalid value: must have exactly one of exec, httpGet, tcpSocket and grpc: this probe replaces the whole default probe, without merging',
      ],
    },
    {
      title: 'a probe that asks nothing',
      spec: { ...minimal, readinessProbe: { periodSeconds: 5 } },
      problems: [
        'spec.readinessProbe: Invalid value: must have exactly one of exec, httpGet, tcpSocket and grpc: this probe replaces the whole default probe, without merging',
      ],
    },
    {
      title: 'a liveness probe that must succeed twice',
      spec: { ...minimal, livenessProbe: { exec: { command: ['true'] }, successThreshold: 2 } },
      problems: [
        'spec.livenessProbe.successThreshold: Invalid value: successThreshold must be 1 here; only a readinessProbe may have a larger one',
      ],
    },
    {
      title: 'a probe all the time',
      spec: { ...minimal, startupProbe: { exec: { command: ['true'] }, periodSeconds: 0 } },
      problems: [
        'spec.startupProbe.periodSeconds: Invalid value: 0: spec.startupProbe.periodSeconds in body should be greater than or equal to 1',
      ],
    },
    {
      title: 'a request over the limit',
      spec: { ...minimal, resources: { requests: { memory: '2Gi' }, limits: { memory: '1024Mi' } } },
      problems: ['spec.resources: Invalid value: requests must not be more than limits: raise the limit or lower the request'],
    },
    {
      title: 'a resource claim',
      spec: { ...minimal, resources: { claims: [{ name: 'gpu' }] } },
      problems: ['spec.resources.claims: Forbidden: claims cannot be used because the pods have no resourceClaims: remove it'],
    },
    {
      title: 'a variable given twice',
      spec: { ...minimal, env: [{ name: 'A' }, { name: 'A', value: '2' }] },
      problems: ['spec.env[1]: Duplicate value: {"name":"A"}'],
    },
    {
      title: 'a variable from a Secret without a name',
      spec: { ...minimal, env: [{ name: 'A', valueFrom: { secretKeyRef: { key: 'a' } } }] },
      problems: ['spec.env[0].valueFrom.secretKeyRef.name: Required value'],
    },
    {
      title: 'a grace period of more than a century',
      spec: { ...minimal, terminationGracePeriodSeconds: 9e15 },
      problems: [
        'spec.terminationGracePeriodSeconds: Invalid value: 9000000000000000: spec.terminationGracePeriodSeconds in body should be less than or equal to 3155760000',
      ],
    },
    {
      title: "a pod label that the Deployment's selector needs",
      spec: { ...minimal, podLabels: { app: 'mine' } },
      problems: [`spec.podLabels: Invalid value: must not set app, ${NO_SELECTING_LABEL}`],
    },
    {
      title: 'pod labels that would make the pods servers of an IpcConfig',
      spec: { ...minimal, podLabels: { 'eevee.bot/nats-server': 'true', 'eevee.bot/ipcconfig': 'main' } },
      problems: [`spec.podLabels: Invalid value: must not set app, ${NO_SELECTING_LABEL}`],
    },
    {
      title: 'an invalid value of a node label',
      spec: { ...minimal, nodeSelector: { zone: 'a b' } },
      problems: [
        "spec.nodeSelector: Invalid value: each value must be a label value: letters, digits, '-', '_' and '.', starting and ending with a letter or digit, or empty",
      ],
    },
    {
      title: 'a rolling update of Recreate',
      spec: { ...minimal, strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } },
      problems: ['spec.strategy.rollingUpdate: Forbidden: rollingUpdate goes with type RollingUpdate only: remove it or change the type'],
    },
    {
      title: 'an unknown taint effect',
      spec: { ...minimal, tolerations: [{ effect: 'Never' }] },
      problems: ['spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "PreferNoSchedule"'],
    },
    {
      title: 'an IpcConfig that can have no such name',
      spec: { ...minimal, ipcConfig: 'My_Bot' },
      problems: [`spec.ipcConfig: Invalid value: "My_Bot": ${NO_NAME}`],
    },
    { title: 'a Secret without a name', spec: { ...minimal, envSecret: {} }, problems: ['spec.envSecret.name: Required value'] },
    {
      title: 'text for a switch',
      spec: { ...minimal, enabled: 'yes' },
      problems: ['spec.enabled: Invalid value: "string": spec.enabled in body must be of type boolean: "string"'],
    },
    {
      title: 'negative patience',
      spec: { ...minimal, terminationGracePeriodSeconds: -1 },
      problems: [
        'spec.terminationGracePeriodSeconds: Invalid value: -1: spec.terminationGracePeriodSeconds in body should be greater than or equal to 0',
      ],
    },
  ],
};
