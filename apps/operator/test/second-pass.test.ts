import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { S3Store } from '@eeveebot/crds';
import { type ControlPlane, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { FakeClock } from './fixtures/fake-clock.ts';
import { quiet } from './quiet.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

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
  volumeMounts: [{ name: 'cache', mountPath: '/cache' }],
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

const KINDS = 'botmodule,ipcconfig,s3store,backupschedule,backuprestore';

/** Every start writes the Lease once. */
const WRITES_OF_A_START = 1;

/** Number of resources in the namespace below. */
const RESOURCES = 8;

describe('unchanged resources of all five kinds', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(kube, ['one', 'two']);
  });

  // Pods that mount the token have the operator's own URL: another port would be another template.
  const env = { OPERATOR_API_URL: 'http://operator:9000' };

  /** Creates some of each kind, with a backup to restore, and waits until all are in the desired state. */
  async function makeWorld(namespace: string): Promise<void> {
    const file = join(s3.folder, 'buckets/backups', namespace, 'full', '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d.tar.gz');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
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

  const touch = (namespace: string, value: string) =>
    kube.kubectl(['annotate', KINDS, '--all', '-n', namespace, '--overwrite', `test/touched=${value}`]);

  const templates = (namespace: string) =>
    Promise.all(
      ['eevee-full-module', 'eevee-plain-module', 'eevee-net-nats'].map(
        async (name) => (await kube.get<Deployment>('deployment', name, '-n', namespace)).spec?.template,
      ),
    );

  /** Makes the operator reconcile everything again without changing anything that it acts on. */
  async function lookAgain(operator: RunningOperator, namespace: string, value: string): Promise<void> {
    const before = await operator.reconciles();
    await touch(namespace, value);
    await quiet(operator, () => operator.reconciles(), before + RESOURCES);
  }

  it('are reconciled again without a single request, even after a restart, and nothing rolls', async () => {
    const namespace = await newNamespace(kube);
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await makeWorld(namespace);
    await lookAgain(first, namespace, 'once');
    const [requests, before] = [await first.requests(), await templates(namespace)];
    await lookAgain(first, namespace, 'twice');
    expect(await first.requests()).toBe(requests);
    await first.stop();

    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await quiet(second, () => second.reconciles(), RESOURCES);
    expect(await second.writes()).toBe(WRITES_OF_A_START);
    await lookAgain(second, namespace, 'thrice');
    expect(await second.writes()).toBe(WRITES_OF_A_START);
    expect(await templates(namespace)).toEqual(before);
  });

  it('cause no writes in an hour except for the last connection test of each store', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const clock = new FakeClock(new Date());
    const ticking = setInterval(() => clock.advance(20), 20);
    // Bookmarks arrive once per real minute: by this clock every watch would seem dead.
    const reflectorTimes = { ...DEFAULT_REFLECTOR_TIMES, idleLimitMs: 1e9 };
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env, server: proxy.url, clock, reflectorTimes });
    // Timers add keys to queues, and a reconcile may set the next timer: each must fire at its time.
    const minutePasses = async () => {
      clock.advance(60_000);
      await setImmediate();
      await operator.idle();
    };
    await makeWorld(namespace);
    await quiet(operator, () => operator.requests());
    clearInterval(ticking);
    // Work that was postponed at the start runs before the hour begins.
    for (let minute = 0; minute < 5; minute++) await minutePasses();
    await quiet(operator, () => operator.requests());

    const [seen, reconciles] = [proxy.seen.length, await operator.reconciles()];
    const lastTest = async () => (await kube.get<S3Store>('s3store', 'store', '-n', namespace)).status?.lastConnectionTest?.time ?? '';
    const tested = await lastTest();
    // An hour and one interval more, in steps short enough for every timer to fire at its time.
    for (let minute = 0; minute < 66; minute++) await minutePasses();
    await quiet(operator, () => operator.requests());
    // A store is tested twelve times an hour by its interval; only one of these tests is recorded.
    expect(await operator.reconciles()).toBeGreaterThanOrEqual(reconciles + 12);
    const written = proxy.seen.slice(seen).filter(({ method }) => method !== 'GET');
    expect(written.map(({ method, url }) => `${method} ${url.split('?')[0]}`).toSorted()).toEqual(
      ['store', 'wrong'].map((name) => `PATCH /apis/eevee.bot/v1/namespaces/${namespace}/s3stores/${name}/status`),
    );
    expect(Date.parse(await lastTest()) - Date.parse(tested)).toBeGreaterThanOrEqual(3_600_000);
  });
});
