import type { ControlPlane, S3Server } from '@eeveebot/testing';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { quiet } from './quiet.ts';
import type { RunningOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, s3Store, storeArchive, untilReady } from './world.ts';

/** A module that uses every feature, with values that the server normalizes. */
const everything = {
  ipcConfig: 'net',
  moduleConfig: 'greeting: hi',
  metrics: true,
  mountOperatorApiToken: true,
  restartOnConfigChange: true,
  persistentVolumeClaim: { resources: { requests: { storage: '1024Mi' } } },
  backupSchedule: { name: 'nightly' },
  bootstrapFromBackup: { s3Store: { name: 'store' } },
  resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { memory: '2048Mi' } },
  env: [
    { name: 'EMPTY', value: '' },
    { name: 'FULL', value: 'x' },
  ],
  livenessProbe: { exec: { command: ['true'] } },
  tolerations: [{ key: 'a', operator: 'Exists' as const }],
  podLabels: { team: 'x' },
  command: ['/bin/sh', '-c'],
  args: ['exec node main.js'],
  envFrom: [{ configMapRef: { name: 'settings', optional: true } }],
  volumes: [
    { name: 'cache', emptyDir: { sizeLimit: '1024Mi' } },
    { name: 'extra', configMap: { name: 'extra', optional: true } },
  ],
  volumeMounts: [
    { name: 'cache', mountPath: '/cache' },
    { name: 'cache', mountPath: '/logs', subPath: 'logs' },
  ],
  initContainers: [{ name: 'first', image: 'team/first:1', volumeMounts: [{ name: 'module-data', mountPath: '/data' }] }],
  sidecars: [
    { name: 'proxy', image: 'team/proxy', ports: [{ containerPort: 8080 }], resources: { requests: { cpu: '1000m' } } },
    { name: 'log', image: 'team/log:1', env: [{ name: 'EMPTY', value: '' }], readinessProbe: { tcpSocket: { port: 1 } } },
  ],
  lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' as const }],
  hostAliases: [{ ip: '10.1.2.3', hostnames: ['irc'] }],
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
  revisionHistoryLimit: 2,
  progressDeadlineSeconds: 120,
  automountServiceAccountToken: true,
  envSecret: { name: 'store-credentials' },
  restartOnSecretChange: true,
  service: { type: 'NodePort' as const, port: 80, ports: [{ name: 'hook', port: 81 }], annotations: { a: '' } },
};

/** The kinds of {@link makeEverything}, as arguments of kubectl. */
export const KINDS = 'botmodule,ipcconfig,s3store,backupschedule,backuprestore';

/** Number of resources of {@link makeEverything}. */
export const RESOURCES = 8;

const BACKUP_ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

/** Creates some of each kind, with a backup to restore, and waits until all are in the desired state. */
export async function makeEverything({
  kube,
  s3,
  namespace,
}: {
  readonly kube: ControlPlane;
  readonly s3: S3Server;
  readonly namespace: string;
}): Promise<void> {
  storeArchive(s3, { namespace, module: 'full', id: BACKUP_ID });
  await kube.apply(
    ...s3Store('store', namespace, s3),
    ...s3Store('wrong', namespace, s3, { bucket: 'nowhere' }),
    ipcConfig('net', namespace),
    backupSchedule('nightly', namespace, { verification: { schedule: '0 5 * * 0', mode: 'Restore', scratchSize: '1024Mi' } }),
    botModule('full', namespace, everything),
    botModule('plain', namespace),
    botModule('broken', namespace, { ipcConfig: 'missing' }),
  );
  const are = (kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string) =>
    untilReady(kube, { kind, name, namespace }, reason);
  await are('botmodule', 'full', 'Ready');
  await kube.apply(backupRestore('back', namespace, 'full'));
  await are('backuprestore', 'back', 'Succeeded');
  await Promise.all([
    are('botmodule', 'full', 'Ready'),
    are('botmodule', 'plain', 'Ready'),
    are('botmodule', 'broken', 'Pending'),
    are('ipcconfig', 'net', 'Ready'),
    are('s3store', 'store', 'ConnectionSuccessful'),
    are('s3store', 'wrong', 'ConnectionFailed'),
    are('backupschedule', 'nightly', 'CronJobsCreated'),
  ]);
}

/** Makes the operator reconcile everything again without changing anything that it acts on, and waits until it is idle. */
export async function lookAgain(
  operator: RunningOperator,
  { kube, namespace, value }: { readonly kube: ControlPlane; readonly namespace: string; readonly value: string },
): Promise<void> {
  const before = await operator.reconciles();
  await kube.kubectl(['annotate', KINDS, '--all', '-n', namespace, '--overwrite', `test/touched=${value}`]);
  await quiet(operator, () => operator.reconciles(), before + RESOURCES);
}

/** The pod templates of everything that runs. */
export const templatesOf = (kube: ControlPlane, namespace: string) =>
  Promise.all(
    ['eevee-full-module', 'eevee-plain-module', 'eevee-net-nats'].map(
      async (name) => (await kube.get<Deployment>('deployment', name, '-n', namespace)).spec?.template,
    ),
  );
