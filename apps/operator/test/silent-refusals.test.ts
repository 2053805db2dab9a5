import type { BackupSchedule, Condition, IpcConfig } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { deny } from './denied-requests.ts';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, s3Store, untilReady } from './world.ts';

/** Refusals that hit requests other than the apply of a main object. */
describe('a status reports', () => {
  const world = useWorld({ s3: true });

  const schedule = async (namespace: string): Promise<BackupSchedule> => world.kube.get('backupschedule', 'nightly', '-n', namespace);
  const target = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };

  it('a CronJob that may not be removed while the other modules are backed up', async () => {
    const { kube, s3 } = world;
    const namespace = await world.newNamespace();
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace), botModule('leaves', namespace, target));
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated');
    const [cronJob] = (await schedule(namespace)).status?.targets ?? [];
    const name = cronJob?.cronJob ?? '';
    const allow = await deny(kube, { namespace, group: 'batch', resource: 'cronjobs', operation: 'DELETE' }, ['delete', 'cronjob', name]);
    await kube.apply(botModule('leaves', namespace, { persistentVolumeClaim: {} }), botModule('joins', namespace, target));
    const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'Pending', 'not today');
    expect(message).toContain(name);
    await eventually(async () => (await schedule(namespace)).status?.targets?.some((each) => each.module === 'joins' && each.cronJob), {
      what: 'the CronJob of the other module',
    });
    await allow();
    const done = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated', '1 module');
    expect(done.message).not.toContain('not today');
    await eventually(async () => (await schedule(namespace)).status?.targets?.length === 1, { what: 'the removal' });
    expect(operator.warnings.filter((line) => line.includes('TypeError'))).toEqual([]);
  });

  it('a webhook that does not answer while the schedule is checked', async () => {
    const { kube, s3 } = world;
    const namespace = await world.newNamespace();
    await kube.apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'deaf' },
      webhooks: [
        {
          name: 'deaf.example.com',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Fail',
          timeoutSeconds: 1,
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          rules: [{ apiGroups: ['batch'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['cronjobs'] }],
          clientConfig: { url: 'https://127.0.0.1:1/' },
        },
      ],
    });
    const cronJob = ['create', 'cronjob', 'probe', '--image=a', '--schedule=@daily', '-n', namespace, '--dry-run=server'];
    const isDeaf = () =>
      kube.kubectl(cronJob).then(
        () => false,
        (error: unknown) => String(error).includes('deaf.example.com'),
      );
    await eventually(isDeaf, { what: 'the webhook to be in force' });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace), botModule('echo', namespace, target));
    const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'Pending', 'deaf.example.com');
    expect(message).toContain('spec.schedule');
    await kube.kubectl(['delete', 'validatingwebhookconfiguration', 'deaf']);
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated');
    expect(operator.warnings.filter((line) => line.includes('TypeError'))).toEqual([]);
  });

  it('a volume claim of JetStream that may not be changed while NATS runs', async () => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    await kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'probe', namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const probe = ['annotate', 'pvc', 'probe', 'a=b', '--overwrite'];
    const allow = await deny(kube, { namespace, group: '', resource: 'persistentvolumeclaims', operation: 'UPDATE' }, probe);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(ipcConfig('bot', namespace, { managed: { enabled: true, jetstream: { enabled: true } } }));
    const inSync = async (): Promise<Condition | undefined> =>
      (await kube.get<IpcConfig>('ipcconfig', 'bot', '-n', namespace)).status?.conditions?.find(({ type }) => type === 'VolumeInSync');
    await eventually(async () => (await inSync())?.message.includes('not today'), { what: 'the condition of the claims' });
    expect(await inSync()).toMatchObject({ status: 'False', reason: 'NotMarked' });
    await allow();
    await eventually(async () => (await inSync())?.status === 'True', { what: 'the claims to be marked' });
    expect(operator.warnings.filter((line) => line.includes('TypeError'))).toEqual([]);
  });
});
