import type { BotModule, Condition } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CronJob, Job, Pod } from '../src/resource-types/kubernetes.ts';
import { VerificationWorld } from './verification-world.ts';
import { backupSchedule, ipcConfig } from './world.ts';

describe('backups that do not run', () => {
  let world: VerificationWorld;
  const made: string[] = [];

  beforeAll(async () => {
    world = await VerificationWorld.start();
    await world.kube.apply(
      backupSchedule('nightly', world.namespace),
      world.scheduled('seen', 'nightly'),
      world.scheduled('other', 'nightly'),
    );
    await world.ready('backupschedule', 'nightly', 'CronJobsCreated');
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const backupScheduled = (module: string, isSo: (condition: Condition | undefined) => boolean) =>
    eventually(async () => {
      const { status } = await world.get<BotModule>('botmodule', module);
      const condition = status?.conditions?.find(({ type }) => type === 'BackupScheduled');
      if (!isSo(condition)) throw new Error(`BackupScheduled is ${JSON.stringify(condition)}`);
      return condition;
    });
  /** Starts a backup from the CronJob of a module. @returns the name of the Job. */
  const start = async (module: string) => {
    const name = `${module}-${made.length}`;
    made.push(name);
    await world.kubectl('create', 'job', name, `--from=cronjob/nightly-${module}-backup`);
    return name;
  };
  const podOf = (job: string) =>
    eventually(async () => (await world.list<Pod>('pods', '-l', `job-name=${job}`))[0], { what: `a pod of Job ${job}` });
  const report = async (pod: Pod, status: object) =>
    world.kubectl('patch', 'pod', pod.metadata.name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
  const container = (name: string, state: object) => ({ name, image: 'x', imageID: '', ready: false, restartCount: 0, state });
  const well = (condition: Condition | undefined) => condition?.status === 'True';
  const failing = (text: string) => (condition: Condition | undefined) =>
    condition?.status === 'False' && condition.reason === 'BackupFailing' && condition.message.includes(text);

  it('have metrics before the first one', async () => {
    await world.kube.apply(ipcConfig('bot', world.namespace));
    const { metadata } = await world.get<BotModule>('botmodule', 'seen');
    const created = Date.parse(metadata.creationTimestamp ?? '') / 1000;
    expect(await world.metric('eevee_backup_last_success_timestamp_seconds', 'seen')).toBe(created);
    expect(await world.metric('eevee_backup_last_result', 'seen')).toBe(0);
    expect(await world.metric('eevee_backup_expected_interval_seconds', 'seen')).toBe(86_400);
    await eventually(async () => expect(await world.metric('eevee_ipcconfig_ready', 'bot')).toBe(0));
  });

  it('have a deadline that also ends Jobs whose pod never starts', async () => {
    const { spec } = await world.get<CronJob>('cronjob', 'nightly-seen-backup');
    expect(spec?.jobTemplate.spec?.activeDeadlineSeconds).toBe(43_200);
  });

  it('are reported by module, schedule and events while the image cannot be pulled, until one succeeds', async () => {
    const job = await start('seen');
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "ghcr.io/eeveebot/backup:3.0.0"' };
    await report(await podOf(job), { phase: 'Pending', containerStatuses: [container('backup', { waiting })] });
    await backupScheduled('seen', failing('its backup makes no progress: pod seen-0-'));
    const { message } = await world.ready('backupschedule', 'nightly', 'BackupsFailing');
    expect(message).toMatch(/^BotModule seen: its backup makes no progress: .* ImagePullBackOff: Back-off pulling image/);
    expect(message).toContain('2 modules are backed up');
    await backupScheduled('other', well);
    await world.untilEvent('BackupSchedule', 'nightly', 'Warning BackupsFailing: BotModule seen: its backup makes no progress');
    await world.untilEvent('BotModule', 'seen', 'Warning BackupFailing: its backup makes no progress');

    await world.end(job, { exitCode: 77, message: { error: 'access denied' } });
    await backupScheduled('seen', failing('its last backup failed: exit 77: access denied'));
    expect(await world.ready('backupschedule', 'nightly', 'BackupsFailing')).toMatchObject({
      message: expect.stringContaining('BotModule seen: its last backup failed: exit 77: access denied'),
    });
    await world.end(await start('seen'), { exitCode: 0, message: { id: 'one', key: 'k' } });
    await backupScheduled('seen', well);
    await world.ready('backupschedule', 'nightly', 'CronJobsCreated');
  });

  it('are reported while a quota refuses their pods', async () => {
    await world.kubectl('create', 'quota', 'none', '--hard=pods=0');
    await start('other');
    await backupScheduled('other', failing('its pod cannot be created: '));
    await world.ready('backupschedule', 'nightly', 'BackupsFailing');
    await world.kubectl('delete', 'quota', 'none');
    await world.kubectl('delete', 'job', made.at(-1) ?? '');
    await backupScheduled('other', well);
  });

  it('have pods that a quota of CPU and memory admits', async () => {
    await world.kubectl('create', 'quota', 'sizes', '--hard=requests.cpu=8,requests.memory=8Gi,limits.cpu=32,limits.memory=32Gi');
    const job = await start('other');
    const pod = await podOf(job);
    expect(pod.metadata.annotations).toMatchObject({ 'linkerd.io/inject': 'disabled' });
    await world.end(job, { exitCode: 0, message: { id: 'two', key: 'k' } });
    await world.kubectl('delete', 'quota', 'sizes');
  });

  it('succeed when the tool does although a sidecar keeps running: the Job is then deleted', async () => {
    const job = await start('seen');
    const now = new Date(Date.now() + 1_000).toISOString();
    const terminated = { exitCode: 0, message: JSON.stringify({ id: 'three', key: 'k' }), startedAt: now, finishedAt: now };
    const containerStatuses = [container('backup', { terminated }), container('istio-proxy', { running: { startedAt: now } })];
    await report(await podOf(job), { phase: 'Running', containerStatuses });
    await eventually(async () => expect((await world.get<BotModule>('botmodule', 'seen')).status?.lastBackup?.id).toBe('three'));
    await eventually(async () => expect((await world.list<Job>('jobs')).map(({ metadata }) => metadata.name)).not.toContain(job));
    await world.untilEvent('BackupSchedule', 'nightly', `SidecarKeptRunning: Deleted Job ${job}`);
    await backupScheduled('seen', well);
  });

  it.each([
    ['0/15 * * * *', {}],
    ['  30 3 * * MON-fri', {}],
    ['@every 90m', { timeZone: 'Europe/Berlin' }],
  ])('do not make a schedule invalid that Kubernetes accepts: %s', async (schedule, more) => {
    const name = `taken-${schedule.length}`;
    await world.kube.apply(backupSchedule(name, world.namespace, { schedule, ...more }));
    await world.ready('backupschedule', name, 'NoTargets');
  });

  it.each([
    [{ schedule: '61 3 * * *' }, 'Kubernetes rejects spec.schedule: Invalid value: "61 3 * * *": end of range (61) above maximum (59)'],
    [{ schedule: 'TZ=UTC 3 * * *' }, 'Kubernetes rejects spec.schedule: '],
    [{ timeZone: 'Mars/Olympus' }, 'Kubernetes rejects spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
    [{ verification: { schedule: '0 24 * * *' } }, 'Kubernetes rejects spec.verification.schedule: Invalid value: "0 24 * * *"'],
    [{ schedule: '0 0 31 2 *' }, 'spec.schedule "0 0 31 2 *" never occurs'],
  ])('are reported for a schedule that Kubernetes rejects: %j', async (spec, message) => {
    await world.kube.apply(backupSchedule('refused', world.namespace, spec));
    const found = await eventually(async () => {
      const condition = await world.ready('backupschedule', 'refused', 'InvalidSpec');
      return condition.message.includes(message) && condition;
    });
    expect(found.message).toContain(message);
    await world.kubectl('delete', 'backupschedule', 'refused');
  });
});
