import { BACKUP_APP_NAME } from '@eeveebot/contract';
import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import type { Job } from '../src/resource-types/kubernetes.ts';
import { ApiServerProxy, comeBackLater } from './controller/api-server-proxy.ts';
import { quiet } from './quiet.ts';
import { startOperator } from './running-operator.ts';
import { MODULE, VolumeWorld } from './volume-world.ts';
import { backupRestore, botModule, limitObjects, untilReady } from './world.ts';

const volume = { persistentVolumeClaim: {} };

describe('restore whose Job cannot be created', () => {
  const servers = useWorld({ s3: true });

  const pods = { spec: { restartPolicy: 'Never', containers: [{ name: 'own', image: 'own:1' }] } };
  const obstacles = [
    {
      what: 'a Job of a user has its name',
      make: (kube: ControlPlane, namespace: string) =>
        kube.apply({
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'back-restore', namespace },
          spec: { suspend: true, template: pods },
        }),
      message: /^Job back-restore exists and was not created for this restore: delete it/,
    },
    {
      what: 'a quota admits no Jobs',
      make: (kube: ControlPlane, namespace: string) => limitObjects(kube, { name: 'jobs', namespace, hard: { 'count/jobs.batch': '0' } }),
      message: /exceeded quota: jobs/,
    },
  ];

  it.each(obstacles)('leaves the module running, reports why, and retries with backoff: $what', async ({ make, message }) => {
    const { kube, s3 } = servers;
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await make(kube, namespace);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(botModule(MODULE, namespace, volume));
    await world.untilReplicas(1);
    await kube.apply(backupRestore('back', namespace, MODULE));
    await quiet(operator, () => operator.requests());
    expect((await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Pending')).message).toMatch(message);
    expect(await world.mayWrite()).toBe(true);
    const ofOperator = ({ metadata }: Job): boolean => metadata.labels?.['app.kubernetes.io/name'] === BACKUP_APP_NAME;
    expect((await world.list<Job>('jobs')).filter(ofOperator)).toEqual([]);
  });

  it('gives the module back in time although the API server asks for a longer delay', async () => {
    const { kube, s3 } = servers;
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    proxy.faultFor = ({ method, url }) =>
      method === 'PATCH' && url.includes('/jobs/back-restore') ? comeBackLater(600, 'busy') : undefined;
    await using _ = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    await kube.apply(botModule(MODULE, namespace, volume));
    await world.untilReplicas(1);
    await kube.apply(backupRestore('back', namespace, MODULE, { stopTimeoutSeconds: 10 }));
    await world.untilReplicas(0);
    await world.untilReplicas(1);
    expect((await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Failed')).message).toContain('busy');
  });

  it('reports a quota that refuses its pod at once, in the restore and in the stopped module', async () => {
    const { kube, s3 } = servers;
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(botModule(MODULE, namespace, volume));
    await world.untilReplicas(1);
    await limitObjects(kube, { name: 'few', namespace, hard: { pods: '0' } });
    await kube.apply(backupRestore('back', namespace, MODULE));
    const message = async (kind: 'backuprestore' | 'botmodule', name: string, reason: string) =>
      (await untilReady(kube, { kind, name, namespace }, reason)).message;
    await eventually(async () => {
      expect(await message('backuprestore', 'back', 'Running')).toMatch(/^its pod cannot be created: .*exceeded quota: few/);
      expect(await message('botmodule', MODULE, 'Updating')).toMatch(
        /^stopped while BackupRestore back restores its volume, which makes no progress: its pod cannot be created: .*exceeded quota: few/,
      );
      return true;
    });
    expect(await operator.metric('eevee_backuprestore_failed', { namespace, name: 'back' })).toBe(0);
    await world.untilReplicas(0);

    // Once the quota is gone, the restore continues, and then the module.
    await kube.kubectl(['delete', 'resourcequota', 'few', '-n', namespace]);
    await world.remove('backuprestore', 'back');
    await world.untilReplicas(1);
  });
});
