import { NO_BACKUP_ID, NO_IMAGE, NO_NAME, NO_SELECTING_LABEL, type Refused } from './case.ts';
import { minimal } from './module-specs.ts';

export const refusedBotModules: readonly Refused[] = [
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
  ...[
    ['1m', '30s'],
    ['1d', '23h59m'],
    ['1y', '52w'],
    ['1s', '999ms'],
    ['1m30s', '89s500ms'],
    ['1s', '0'],
  ].map(([scrapeTimeout, interval]) => ({
    title: `a scrapeTimeout of ${scrapeTimeout} with an interval of ${interval}`,
    spec: { ...minimal, metrics: true, podMonitor: { interval, scrapeTimeout } },
    problems: [
      'spec.podMonitor.scrapeTimeout: Invalid value: scrapeTimeout must not be longer than interval, which Prometheus refuses: shorten scrapeTimeout or lengthen interval',
    ],
  })),
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
    problems: ['spec.volumeMountPath: Invalid value: "/etc/module-config": must not be /etc/module-config: moduleConfig is mounted there'],
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
    title: 'a request of a sidecar over its limit',
    spec: { ...minimal, sidecars: [{ name: 'a', image: 'a:1', resources: { requests: { cpu: '2' }, limits: { cpu: '1500m' } } }] },
    problems: ['spec.sidecars[0].resources: Invalid value: requests must not be more than limits: raise the limit or lower the request'],
  },
  {
    title: 'a port of a probe beyond 32 bits',
    spec: { ...minimal, livenessProbe: { httpGet: { port: 10_000_000_000 } } },
    problems: [
      'spec.livenessProbe.httpGet.port: Invalid value: 10000000000: spec.livenessProbe.httpGet.port in body should be less than or equal to 2147483647',
    ],
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
    problems: ['spec.strategy.rollingUpdate: Forbidden: rollingUpdate requires type RollingUpdate: remove it or change the type'],
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
];
