import type { BotModule } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CoreEvent, CronJob, Deployment } from '../src/resource-types/kubernetes.ts';
import { useBackupWorld, WITH_VOLUME } from './use-backup-world.ts';
import { backupSchedule, botModule, ipcConfig } from './world.ts';

describe('objects that something holds up', () => {
  const { world, ready, get, patch, store, conditionOf } = useBackupWorld();
  const kubectl = (...args: readonly string[]) => world.kube.kubectl([...args, '-n', world.namespace]);
  const hold = (finalizers: readonly string[] | null) => ({ metadata: { finalizers } });

  beforeAll(() => world.kube.apply(backupSchedule('nightly', world.namespace)));

  /** Messages of the Warning events with this reason about a resource. */
  async function warnings(kind: string, name: string, reason: string): Promise<readonly (string | undefined)[]> {
    const { items } = await world.kube.get<{ items: readonly (CoreEvent & { readonly type?: string })[] }>('events', '-n', world.namespace);
    return items
      .filter(
        ({ type, reason: given, involvedObject }) =>
          type === 'Warning' && given === reason && involvedObject.kind === kind && involvedObject.name === name,
      )
      .map(({ message }) => message);
  }

  it('keep their resources from being Ready while a finalizer delays their deletion, which is reported', async () => {
    const spec = { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } };
    await world.kube.apply(ipcConfig('net', world.namespace), botModule('held', world.namespace, spec));
    await ready('botmodule', 'held', 'Ready');
    await ready('ipcconfig', 'net', 'Ready');
    await eventually(async () => (await conditionOf('held', 'BackupScheduled'))?.status === 'True', { what: 'a CronJob' });
    const objects = [
      ['deployment', 'eevee-held-module'],
      ['deployment', 'eevee-net-nats'],
      ['cronjob', 'nightly-held-backup'],
    ] as const;
    for (const [kind, name] of objects) {
      await patch(kind, name, hold(['test.example/hold']));
      await kubectl('delete', kind, name, '--wait=false');
    }
    await patch('botmodule', 'held', { spec: { image: 'eevee/echo:2' } });
    const text = (what: string) => `${what} is being deleted (finalizers: test.example/hold): it is created again after that`;
    expect((await ready('botmodule', 'held', 'Updating')).message).toBe(text('Deployment eevee-held-module'));
    expect((await ready('ipcconfig', 'net', 'Updating')).message).toBe(text('Deployment eevee-net-nats'));
    await eventually(async () => {
      expect(await conditionOf('held', 'BackupScheduled')).toMatchObject({
        ...{ status: 'False', reason: 'OnHold' },
        message: `backups are suspended: ${text('CronJob nightly-held-backup')}`,
      });
      return true;
    });

    for (const [kind, name] of objects) await patch(kind, name, hold(null));
    await ready('botmodule', 'held', 'Ready');
    await ready('ipcconfig', 'net', 'Ready');
    const deployment = await get<Deployment>('deployment', 'eevee-held-module');
    expect(deployment.spec?.template.spec?.containers[0]?.image).toBe('eevee/echo:2');
    await eventually(async () => (await get<CronJob>('cronjob', 'nightly-held-backup')).spec?.suspend === false, { what: 'the CronJob' });
  });

  it('are reported when a CronJob stays suspended because its BackupSchedule is paused', async () => {
    await world.kube.apply(botModule('waiting', world.namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }));
    await eventually(async () => (await conditionOf('waiting', 'BackupScheduled'))?.status === 'True', { what: 'a CronJob' });
    await patch('backupschedule', 'nightly', { metadata: { annotations: { 'eevee.bot/paused': 'true' } } });
    await patch('cronjob', 'nightly-waiting-backup', { spec: { suspend: true } });
    await eventually(async () => {
      expect(await conditionOf('waiting', 'BackupScheduled')).toMatchObject({
        ...{ status: 'False', reason: 'OnHold' },
        message: 'CronJob nightly-waiting-backup is suspended; BackupSchedule nightly is paused (annotation eevee.bot/paused)',
      });
      return true;
    });
    await patch('backupschedule', 'nightly', { metadata: { annotations: { 'eevee.bot/paused': null } } });
    await eventually(async () => (await conditionOf('waiting', 'BackupScheduled'))?.status === 'True', {
      what: 'the CronJob to be resumed',
    });
    expect((await get<CronJob>('cronjob', 'nightly-waiting-backup')).spec?.suspend).toBe(false);
  });

  it('are reported when a user has paused the Deployment', async () => {
    await world.kube.apply(botModule('stopped', world.namespace));
    await ready('botmodule', 'stopped', 'Ready');
    await kubectl('rollout', 'pause', 'deployment/eevee-stopped-module');
    await patch('botmodule', 'stopped', { spec: { image: 'eevee/echo:2' } });
    expect((await ready('botmodule', 'stopped', 'Unavailable')).message).toContain(
      'Deployment eevee-stopped-module is paused (spec.paused): run kubectl rollout resume deployment/eevee-stopped-module',
    );
    await kubectl('rollout', 'resume', 'deployment/eevee-stopped-module');
    await ready('botmodule', 'stopped', 'Ready');
  });

  it('whose pods a LimitRange refuses are reported in status and one event each, however often they are tried again', async () => {
    await world.kube.apply(botModule('limited', world.namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }));
    await ready('botmodule', 'limited', 'Ready');
    store('first');
    await world.kube.apply({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'small', namespace: world.namespace },
      spec: { limits: [{ type: 'Container', max: { memory: '1Mi' } }] },
    });
    await eventually(() =>
      kubectl('run', 'probe', '--image=x', '--limits=memory=2Mi').then(
        () => kubectl('delete', 'pod', 'probe').then(() => false),
        () => true,
      ),
    );
    await world.kube.apply(botModule('first', world.namespace, { ...WITH_VOLUME, bootstrapFromBackup: { s3Store: { name: 'store' } } }));
    await patch('backupschedule', 'nightly', { metadata: { annotations: { 'eevee.bot/backup-now': '1' } } });
    const refused = 'its pod cannot be created: Error creating: maximum memory usage per Container is 1Mi, but limit is 512Mi';
    await eventually(async () => {
      expect((await get<BotModule>('botmodule', 'first')).status?.conditions?.[0]?.message).toBe(refused);
      expect(await warnings('BotModule', 'first', 'NoProgress')).toEqual([refused]);
      expect(await conditionOf('limited', 'BackupScheduled')).toMatchObject({ reason: 'BackupFailing' });
      return true;
    });
    // The Job controller tries again after 1, 2 and 4 seconds, each time with another name of the pod.
    const attempts = async () =>
      (await kubectl('get', 'events', '--field-selector=reason=FailedCreate', '-o', 'name')).trim().split('\n').length;
    await eventually(async () => (await attempts()) >= 6, { what: 'more attempts', timeoutMs: 60_000 });
    await world.operator.idle();
    expect(await warnings('BotModule', 'first', 'NoProgress')).toEqual([refused]);
    expect(await warnings('BotModule', 'limited', 'BackupFailing')).toEqual([`its backup makes no progress: ${refused}`]);
  });
});
