import type { BackupSchedule } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CronJob } from '../src/resource-types/kubernetes.ts';
import { quiet } from './quiet.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupSchedule, botModule, newNamespace, s3Store, untilReady } from './world.ts';

const COUNT = 260;
/** Upper bound on the modules that fit into the arguments of one command. */
const PATCHED = 200;
const LONG = 'x'.repeat(150);
const id = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

describe('schedule with hundreds of modules', () => {
  const servers = useWorld({ s3: true });
  let kube: ControlPlane;
  let s3: S3Server;
  let operator: RunningOperator;
  let namespace: string;

  /** The modules are only backed up: they do not run. */
  const modules = (spec: (index: number) => object) =>
    Array.from({ length: COUNT }, (_, index) =>
      botModule(`module-${index}`, namespace, {
        enabled: false,
        persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
        backupSchedule: { name: 'nightly' },
        ...spec(index),
      }),
    );
  const schedule = () => kube.get<BackupSchedule>('backupschedule', 'nightly', '-n', namespace);
  const starts = async () =>
    (await kube.get<{ items: readonly CronJob[] }>('cronjobs', '-n', namespace)).items.map(({ spec }) => spec?.schedule ?? '');

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    namespace = await newNamespace(kube);
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace));
    await kube.apply(...modules(() => ({})));
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await eventually(async () => expect(await starts()).toHaveLength(COUNT), { what: 'a CronJob for each module' });
  });
  afterAll(async () => {
    await operator?.stop();
  });

  it('writes nothing and blocks nothing when it is reconciled again', async () => {
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated');
    await operator.idle();
    // The first reconcile compares applied objects once more, and then remembers that they are in sync.
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, 'test/touched=1']);
    // Events of type Normal are sent once nothing else is.
    await quiet(operator, () => operator.writes());
    const before = await operator.writes();
    const reconciles = await operator.reconciles();
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, '--overwrite', 'test/touched=2']);
    await eventually(async () => (await operator.reconciles()) > reconciles, { what: 'another pass' });
    await operator.idle();
    expect(await operator.writes()).toBe(before);
  });

  it('spreads their backups over its start window, and uses one time without a window', async () => {
    expect(new Set(await starts())).toEqual(new Set(['30 3 * * *']));
    const patch = (startWindow: string | null) =>
      kube.kubectl([
        'patch',
        'backupschedule',
        'nightly',
        '-n',
        namespace,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { startWindow } }),
      ]);
    await patch('2h');
    await eventually(async () => expect(new Set(await starts()).size).toBeGreaterThan(80), { what: 'many different times' });
    const times = (await starts()).map((start) => start.split(' ')).map(([minute, hour]) => Number(hour) * 60 + Number(minute));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(210);
    expect(Math.max(...times)).toBeLessThan(330);
    await patch(null);
    await eventually(async () => expect(new Set(await starts()).size).toBe(1), { what: 'one time' });
  });

  it('keeps a small status with only the result of each last backup: the module has the details', async () => {
    const lastBackup = {
      id,
      key: `${namespace}/module-0/${id}.tar.gz`,
      time: '2026-01-02T03:04:05Z',
      result: 'Failed',
      message: LONG,
      sha256: LONG,
    };
    const status = JSON.stringify({
      status: { targets: Array.from({ length: PATCHED }, (_, index) => ({ module: `module-${index}`, lastBackup })) },
    });
    // A pass that began before would write the list that it had read.
    await operator.idle();
    await kube.kubectl(['patch', 'backupschedule', 'nightly', '-n', namespace, '--subresource=status', '--type=merge', '-p', status]);
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'BackupsFailing');
    const found = await eventually(async () => {
      const { status: now } = await schedule();
      return now?.targets?.every((target) => target.lastBackup?.message === undefined) && now;
    });
    const { message: _, sha256: __, ...result } = lastBackup;
    expect(found.targets?.[0]?.lastBackup).toEqual(result);
    expect(JSON.stringify(found).length).toBeLessThan(COUNT * 400);
    const ready = found.conditions?.find(({ type }) => type === 'Ready');
    expect(ready?.message.length).toBeLessThan(2_100);
    expect(ready?.message).toMatch(/; and \d+ more$/);
  });

  it('keeps its status up to date when none of them can be backed up', async () => {
    await kube.apply(...modules(() => ({ moduleName: 'one' })));
    await kube.kubectl(['annotate', 'backupschedule', 'nightly', '-n', namespace, '--overwrite', 'test/touched=3']);
    const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'NoTargets');
    expect(message.length).toBeLessThan(2_100);
    expect(message).toContain(`and ${COUNT - 6} more has the same spec.moduleName one`);
    expect(operator.warnings.filter((line) => line.includes('cannot reconcile'))).toEqual([]);
  });
});
