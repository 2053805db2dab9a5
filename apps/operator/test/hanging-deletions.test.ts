import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import type { CronJob, Deployment, Job, Pod, Service } from '../src/resource-types/kubernetes.ts';
import { useBackupWorld, WITH_VOLUME } from './use-backup-world.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig } from './world.ts';

/** A finalizer of another program, which never removes it. */
const HOLD = 'example.com/hold';

describe('objects whose deletion another program holds up', () => {
  const { world, ready, get, exists, patch, store, conditionOf } = useBackupWorld();
  const kubectl = (...args: readonly string[]) => world.kube.kubectl([...args, '-n', world.namespace]);
  const hold = (kind: string, name: string) => patch(kind, name, { metadata: { finalizers: [HOLD] } });
  const letGo = (kind: string, name: string) => patch(kind, name, { metadata: { finalizers: null } });
  const remove = (kind: string, name: string) => kubectl('delete', kind, name, '--wait=false');

  it('of a deleted module do not let its successor start, which names what holds them', async () => {
    await world.kube.apply(botModule('again', world.namespace, { moduleConfig: 'a: 1' }));
    await ready('botmodule', 'again', 'Ready');
    await hold('configmap', 'eevee-again-module-config');
    await remove('botmodule', 'again');
    await eventually(async () => !(await exists('deployment', 'eevee-again-module')), { what: 'the Deployment to go' });
    await world.kube.apply(botModule('again', world.namespace, { moduleConfig: 'a: 2' }));
    expect((await ready('botmodule', 'again', 'Pending')).message).toBe(
      `ConfigMap eevee-again-module-config of a deleted BotModule of this name is being removed (finalizers: ${HOLD})`,
    );
    await letGo('configmap', 'eevee-again-module-config');
    await ready('botmodule', 'again', 'Ready');
  });

  it('let the successor of a deleted module start if it is the Service of a load balancer', async () => {
    const spec = { service: { type: 'ClusterIP' as const } };
    await world.kube.apply(botModule('served', world.namespace, spec));
    await ready('botmodule', 'served', 'Ready');
    const before = await get<Service>('service', 'eevee-served-module');
    await hold('service', 'eevee-served-module');
    await remove('botmodule', 'served');
    await eventually(async () => !(await exists('deployment', 'eevee-served-module')), { what: 'the Deployment to go' });
    await world.kube.apply(botModule('served', world.namespace, spec));
    await ready('botmodule', 'served', 'Ready');
    await eventually(async () => {
      expect(await conditionOf('served', 'ExtrasInSync')).toMatchObject({
        ...{ status: 'False', reason: 'NotApplied' },
        message: `Service eevee-served-module of a deleted BotModule of this name is being removed (finalizers: ${HOLD})`,
      });
      return true;
    });
    await letGo('service', 'eevee-served-module');
    await eventually(async () => (await conditionOf('served', 'ExtrasInSync'))?.status === 'True', { what: 'a new Service' });
    expect((await get<Service>('service', 'eevee-served-module')).metadata.uid).not.toBe(before.metadata.uid);
  });

  it('keep a disabled module from being reported as stopped while its pods run', async () => {
    await world.kube.apply(botModule('off', world.namespace));
    await ready('botmodule', 'off', 'Ready');
    await hold('deployment', 'eevee-off-module');
    await patch('botmodule', 'off', { spec: { enabled: false } });
    expect((await ready('botmodule', 'off', 'Updating')).message).toBe(
      `spec.enabled is false: the module is being stopped: Deployment eevee-off-module is being deleted (finalizers: ${HOLD})`,
    );
    expect((await get<Deployment>('deployment', 'eevee-off-module')).status?.readyReplicas).toBe(1);
    await letGo('deployment', 'eevee-off-module');
    await ready('botmodule', 'off', 'Disabled');
    expect(await kubectl('get', 'pods', '-l', 'eevee.bot/module=off', '-o', 'name')).toBe('');
  });

  it('keep a restore waiting before it claims the volume', async () => {
    await world.kube.apply(botModule('busy', world.namespace, WITH_VOLUME));
    await ready('botmodule', 'busy', 'Ready');
    store('busy');
    await hold('deployment', 'eevee-busy-module');
    await remove('deployment', 'eevee-busy-module');
    await world.kube.apply(backupRestore('patient', world.namespace, 'busy'));
    expect((await ready('backuprestore', 'patient', 'Pending')).message).toBe(
      `Deployment eevee-busy-module is being deleted (finalizers: ${HOLD}): the restore starts after that`,
    );
    await letGo('deployment', 'eevee-busy-module');
    await ready('backuprestore', 'patient', 'Succeeded');
    await ready('botmodule', 'busy', 'Ready');
  });

  it('keep a module stopped if it is the Job of a restore, which is named with what holds it', async () => {
    await world.kube.apply(botModule('stuck', world.namespace, WITH_VOLUME));
    await ready('botmodule', 'stuck', 'Ready');
    store('stuck');
    // No node has this label, so that the pod of the Job stays Pending.
    await patch('botmodule', 'stuck', { spec: { nodeSelector: { nowhere: 'x' } } });
    await world.kube.apply(backupRestore('held', world.namespace, 'stuck'));
    await ready('backuprestore', 'held', 'Running');
    await hold('job', 'held-restore');
    await remove('backuprestore', 'held');
    const job = `Job held-restore, which is being deleted (finalizers: ${HOLD}),`;
    await ready('botmodule', 'stuck', 'Updating');
    await eventually(async () => {
      expect((await conditionOf('stuck', 'Ready'))?.message).toContain(`stopped while ${job} restores its volume`);
      return true;
    });
    await letGo('job', 'held-restore');
    await eventually(async () => !(await exists('backuprestore', 'held')), { what: 'the restore to go' });
    await patch('botmodule', 'stuck', { spec: { nodeSelector: null } });
    await ready('botmodule', 'stuck', 'Ready');
  });

  it('are not those of a volume that was never created: no backup waits for it', async () => {
    const spec = { ...WITH_VOLUME, enabled: false, backupSchedule: { name: 'minutely' } };
    await world.kube.apply(
      backupSchedule('minutely', world.namespace, { schedule: '* * * * *' }),
      botModule('never', world.namespace, spec),
    );
    const message = 'backups are suspended: the volume does not exist yet: it is created when the module first runs';
    await eventually(async () => {
      expect(await conditionOf('never', 'BackupScheduled')).toMatchObject({ status: 'False', reason: 'OnHold', message });
      return true;
    });
    await eventually(async () => (await get<CronJob>('cronjob', 'minutely-never-backup')).spec?.suspend === true, { what: 'a CronJob' });
    await patch('backupschedule', 'minutely', { metadata: { annotations: { 'eevee.bot/backup-now': '1' } } });
    await world.operator.idle();
    const { items } = await world.kube.get<{ items: readonly (Job | Pod)[] }>(
      'jobs',
      '-n',
      world.namespace,
      '-l',
      'eevee.bot/module=never',
    );
    expect(items).toEqual([]);
    await patch('botmodule', 'never', { spec: { enabled: true } });
    await ready('botmodule', 'never', 'Ready');
    await eventually(async () => (await get<CronJob>('cronjob', 'minutely-never-backup')).spec?.suspend === false, { what: 'backups' });
  });

  // Last, since it stops the garbage collector.
  it('that the garbage collector has left of a deleted resource are deleted, so that its successor gets its own', async () => {
    const { kube, namespace } = world;
    const scheduled = { ...WITH_VOLUME, moduleConfig: 'a: 1', service: { type: 'ClusterIP' as const }, backupSchedule: { name: 'left' } };
    const resources = [
      ipcConfig('left', namespace),
      backupSchedule('left', namespace),
      botModule('left', namespace, scheduled),
      backupRestore('left', namespace, 'left'),
    ];
    store('left');
    await kube.apply(...resources);
    await ready('ipcconfig', 'left', 'Ready');
    await ready('backuprestore', 'left', 'Succeeded');
    await ready('botmodule', 'left', 'Ready');
    await eventually(() => exists('cronjob', 'left-left-backup'), { what: 'the CronJob' });
    const owned = [
      ...['deployment/eevee-left-module', 'configmap/eevee-left-module-config', 'service/eevee-left-module'],
      ...['deployment/eevee-left-nats', 'service/eevee-left-nats', 'secret/eevee-left-nats-config', 'secret/eevee-left-nats-auth'],
      'cronjob/left-left-backup',
    ];
    const uids = () => kubectl('get', ...owned, 'job/left-restore', '-o', 'jsonpath={.items[*].metadata.uid}');
    const before = (await uids()).split(' ');
    expect(before).toHaveLength(owned.length + 1);

    // The former pod of the module uses its volume until the controllers run again.
    const others = owned.filter((name) => name !== 'deployment/eevee-left-module');
    await kube.stopControllerManager();
    const kinds = ['ipcconfig', 'backupschedule', 'botmodule', 'backuprestore'];
    for (const kind of kinds) await kubectl('delete', kind, 'left');
    await kube.apply(...resources);
    await eventually(
      async () => {
        const found = await kubectl('get', ...others, '-o', 'jsonpath={.items[*].metadata.uid}');
        return found.split(' ').length === others.length && before.every((uid) => !found.includes(uid));
      },
      { what: 'objects of the new resources', intervalMs: 500 },
    );
    await kube.startControllerManager();
    await ready('ipcconfig', 'left', 'Ready');
    await ready('botmodule', 'left', 'Ready');
    await ready('backuprestore', 'left', 'Succeeded');
    expect((await uids()).split(' ').filter((uid) => before.includes(uid))).toEqual([]);
  });
});
