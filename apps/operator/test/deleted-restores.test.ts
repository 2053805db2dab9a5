import { useWorld } from '@eeveebot/testing/world';
import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { DENIAL, deny } from './denied-requests.ts';
import { endPodOf } from './ended-pod.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID, BOOTSTRAP_JOB, MODULE, VolumeWorld } from './volume-world.ts';
import { backupRestore, botModule, untilReady } from './world.ts';

const DONE = { exitCode: 0, message: { id: BACKUP_ID, key: 'k', files: 1 } };
const BACKUP_MISSES = { persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'missing' } } };

describe('a restore that was deleted before the end of its Job was recorded', () => {
  const servers = useWorld({ s3: true });
  const start = ({ namespace }: VolumeWorld) => startOperator({ kubeconfig: servers.kube.kubeconfig, namespace });

  /** Ends the Job of a restore, and deletes the restore, while no operator runs. The module waits for another backup. */
  async function endedUnseen(): Promise<VolumeWorld> {
    const { kube, s3 } = servers;
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    const operator = await start(world);
    await kube.apply(botModule(MODULE, namespace, BACKUP_MISSES), backupRestore('back', namespace, MODULE));
    await world.podOf('back-restore');
    await operator.stop();
    await endPodOf(kube, { namespace, name: 'back-restore' }, DONE);
    const isComplete = async () => (await world.job('back-restore'))?.status?.conditions?.some(({ type }) => type === 'Complete');
    await eventually(isComplete, { what: 'the Job to be complete' });
    await world.remove('backuprestore', 'back');
    return world;
  }

  it('says that it succeeded if its finalizer may not be removed', async () => {
    const { kube } = servers;
    const world = await endedUnseen();
    const { namespace } = world;
    const denied = { namespace, group: 'eevee.bot', resource: 'backuprestores', operation: 'UPDATE' } as const;
    const allow = await deny(kube, denied, ['annotate', 'backuprestore', 'back', 'a=b', '--overwrite']);
    await using operator = await start(world);
    const { message } = await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Succeeded');
    expect(message).toContain(BACKUP_ID);
    expect((await world.restore('back'))?.status).toMatchObject({ restoredFiles: 1, completionTime: expect.any(String) });
    await eventually(() => operator.warnings.some((line) => line.includes(DENIAL)), { what: 'the log' });
    await world.untilReplicas(1);
    await allow();
    await world.gone('backuprestore', 'back');
  });

  it('leaves a volume that no bootstrap overwrites', async () => {
    const world = await endedUnseen();
    await using operator = await start(world);
    await world.gone('backuprestore', 'back');
    const claim = await world.claim();
    expect(claim?.metadata.annotations?.['eevee.bot/bootstrapped-claim']).toBe(claim?.metadata.uid);
    await world.untilReplicas(1);
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
    expect(operator.warnings).toEqual([]);
  });

  it('whose pod has not ended, although its tool has succeeded, leaves such a volume as well', async () => {
    const { kube, s3 } = servers;
    const world = await VolumeWorld.make(kube, s3);
    const { namespace } = world;
    await using operator = await start(world);
    await kube.apply(botModule(MODULE, namespace, BACKUP_MISSES), backupRestore('back', namespace, MODULE));
    await world.podOf('back-restore');
    await endPodOf(kube, { namespace, name: 'back-restore' }, { ...DONE, phase: 'Running' });
    await world.remove('backuprestore', 'back');
    await world.gone('backuprestore', 'back');
    const claim = await world.claim();
    expect(claim?.metadata.annotations?.['eevee.bot/bootstrapped-claim']).toBe(claim?.metadata.uid);
    await world.untilReplicas(1);
    expect(await world.job(BOOTSTRAP_JOB)).toBeUndefined();
    expect(operator.warnings).toEqual([]);
  });
});
