import type { BackupRestore, Condition } from '@eeveebot/crds';
import { eventually, kwokPod } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CoreEvent, CronJob } from '../src/resource-types/kubernetes.ts';
import { DENIAL, deny } from './denied-requests.ts';
import { useBackupWorld, WITH_VOLUME } from './use-backup-world.ts';
import { backupRestore, backupSchedule, botModule } from './world.ts';

describe('a restore that may not release what it holds', () => {
  const { world, ready, get, exists, remove, store } = useBackupWorld();
  const kubectl = (...args: readonly string[]) => world.kube.kubectl([...args, '-n', world.namespace]);
  const { labels: podLabels, annotations: podAnnotations } = kwokPod.imagePull('not found');

  beforeAll(() => world.kube.apply(backupSchedule('nightly', world.namespace)));

  const cronJobOf = (module: string) => `nightly-${module}-backup`;
  const isSuspended = async (module: string) => (await get<CronJob>('cronjob', cronJobOf(module))).spec?.suspend === true;
  const released = async (name: string): Promise<Condition | undefined> =>
    (await get<BackupRestore>('backuprestore', name)).status?.conditions?.find(({ type }) => type === 'Released');

  async function warnings(name: string): Promise<readonly string[]> {
    const { items } = await world.kube.get<{ items: readonly (CoreEvent & { readonly reason?: string })[] }>(
      'events',
      '-n',
      world.namespace,
    );
    return items
      .filter(({ reason, involvedObject }) => reason === 'NotReleased' && involvedObject.name === name)
      .map(({ message = '' }) => message);
  }

  /** Starts a restore of a new module whose Job does not end, and waits until it holds the volume and the CronJob. */
  async function runningRestore(module: string): Promise<string> {
    const restore = `back-${module}`;
    store(module);
    await world.kube.apply(botModule(module, world.namespace, { ...WITH_VOLUME, backupSchedule: { name: 'nightly' } }));
    await ready('botmodule', module, 'Ready');
    await eventually(() => exists('cronjob', cronJobOf(module)), { what: 'the CronJob' });
    await world.kube.apply(backupRestore(restore, world.namespace, module, { podLabels, podAnnotations }));
    await ready('backuprestore', restore, 'Running');
    expect(await isSuspended(module)).toBe(true);
    return restore;
  }

  const denyCronJobs = (module: string) =>
    deny(world.kube, { namespace: world.namespace, group: 'batch', resource: 'cronjobs', operation: 'UPDATE' }, [
      ...['annotate', 'cronjob', cronJobOf(module), 'a=b', '--overwrite'],
    ]);

  it('reports its CronJob after its end, and releases it as soon as it may', async () => {
    const restore = await runningRestore('ended');
    const allow = await denyCronJobs('ended');
    await remove('job', `${restore}-restore`);
    await ready('backuprestore', restore, 'Failed');
    const condition = await eventually(() => released(restore), { what: 'the condition' });
    expect(condition).toMatchObject({ status: 'False', reason: 'NotReleased' });
    expect(condition.message).toContain(cronJobOf('ended'));
    expect(condition.message).toContain(DENIAL);
    await eventually(async () => (await warnings(restore)).some((message) => message.includes(DENIAL)), { what: 'the event' });
    // Its module runs again, and another one is not affected.
    await ready('botmodule', 'ended', 'Ready');
    await allow();
    await eventually(async () => !(await isSuspended('ended')), { what: 'the CronJob to be released', timeoutMs: 60_000 });
    await eventually(async () => (await released(restore)) === undefined, { what: 'the condition to go', timeoutMs: 60_000 });
    await ready('backuprestore', restore, 'Failed');
  });

  it('is not removed before its CronJob is released, and reports why', async () => {
    const restore = await runningRestore('deleted');
    const allow = await denyCronJobs('deleted');
    await kubectl('delete', 'backuprestore', restore, '--wait=false');
    await eventually(async () => (await released(restore))?.message.includes(DENIAL), { what: 'the condition', timeoutMs: 60_000 });
    await eventually(async () => (await warnings(restore)).some((message) => message.includes(DENIAL)), { what: 'the event' });
    // Nothing writes to the volume any more, so its module runs.
    await ready('botmodule', 'deleted', 'Ready');
    await allow();
    await eventually(async () => !(await exists('backuprestore', restore)), { what: 'the restore to be gone', timeoutMs: 60_000 });
    await eventually(async () => !(await isSuspended('deleted')), { what: 'the CronJob to be released' });
  });

  it('reports that its finalizer may not be removed', async () => {
    const restore = await runningRestore('kept');
    const probe = ['annotate', 'backuprestore', restore, 'a=b', '--overwrite'];
    const allow = await deny(
      world.kube,
      { namespace: world.namespace, group: 'eevee.bot', resource: 'backuprestores', operation: 'UPDATE' },
      probe,
    );
    await kubectl('delete', 'backuprestore', restore, '--wait=false');
    const condition = await eventually(() => released(restore), { what: 'the condition', timeoutMs: 60_000 });
    expect(condition.message).toContain('finalizer');
    expect(condition.message).toContain(DENIAL);
    await ready('botmodule', 'kept', 'Ready');
    await eventually(async () => !(await isSuspended('kept')), { what: 'the CronJob to be released' });
    await allow();
    await eventually(async () => !(await exists('backuprestore', restore)), { what: 'the restore to be gone', timeoutMs: 60_000 });
  });
});
