import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupRestore } from '@eeveebot/crds';
import { eventually } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../src/resource-types/kubernetes.ts';
import { idOf, VerificationWorld, VOLUME } from './verification-world.ts';
import { backupRestore, botModule } from './world.ts';

describe('backup that failed verification', () => {
  let world: VerificationWorld;

  beforeAll(async () => {
    world = await VerificationWorld.start();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const [good, bad] = [idOf(1), idOf(2)];
  const reason = `backup ${bad} of 2026-01-02T00:00:00.000Z was passed over: its last verification failed`;

  /** Writes a backup with its sidecar, and possibly a record of its verification, to the store. */
  function store(module: string, id: string, startedAt: string, record?: 'failed'): void {
    const folder = join(world.s3.folder, 'buckets/backups', world.namespace, module);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${id}.tar.gz`), 'whatever');
    const sidecar = {
      version: 1,
      sha256: 'f'.repeat(64),
      sizeBytes: 8,
      uncompressedBytes: 8,
      files: 1,
      startedAt,
      durationSeconds: 1,
      warnings: [],
      tool: 'test',
    };
    writeFileSync(join(folder, `${id}.json`), JSON.stringify(sidecar));
    if (record !== undefined) writeFileSync(join(folder, `${id}.${record}.json`), '{}');
  }

  it('is passed over by a restore, which reports that before, during and after it', async () => {
    store('bad', good, '2026-01-01T00:00:00.000Z');
    store('bad', bad, '2026-01-02T00:00:00.000Z', 'failed');
    await world.kube.apply(botModule('bad', world.namespace, VOLUME));
    await eventually(() => world.get('pvc', 'eevee-bad-module-pvc'));
    await world.kube.apply(backupRestore('older', world.namespace, 'bad'));
    expect((await world.ready('backuprestore', 'older', 'Running')).message).toContain(reason);
    const env = (await world.get<Job>('job', 'older-restore')).spec?.template.spec?.containers[0]?.env;
    expect(env).toContainEqual({ name: 'RESTORE_BACKUP_ID', value: good });
    await world.end('older-restore', { exitCode: 0, message: { id: good, key: 'k', warnings: [] } });
    expect(await world.ready('backuprestore', 'older', 'Succeeded')).toMatchObject({
      message: `backup ${good} is restored; ${reason}`,
    });
    expect((await world.get<BackupRestore>('backuprestore', 'older')).status).toMatchObject({ backupId: good, passedOver: [reason] });
    await world.untilEvent('BackupRestore', 'older', `Warning BackupsPassedOver: backup ${good} will be restored; ${reason}`);
  });

  it('is restored if its id is requested', async () => {
    await world.kube.apply(backupRestore('newer', world.namespace, 'bad', { backupId: bad }));
    await world.ready('backuprestore', 'newer', 'Running');
    expect((await world.get<BackupRestore>('backuprestore', 'newer')).status).toMatchObject({ backupId: bad });
    expect((await world.get<BackupRestore>('backuprestore', 'newer')).status?.passedOver).toBeUndefined();
    await world.end('newer-restore', { exitCode: 0, message: { id: bad, key: 'k', warnings: [] } });
    await world.ready('backuprestore', 'newer', 'Succeeded');
  });

  it('is passed over for the first start of a module, which reports that', async () => {
    store('fresh', good, '2026-01-01T00:00:00.000Z');
    store('fresh', bad, '2026-01-02T00:00:00.000Z', 'failed');
    await world.kube.apply(botModule('fresh', world.namespace, { ...VOLUME, bootstrapFromBackup: { s3Store: { name: 'store' } } }));
    const job = await eventually(() => world.get<Job>('job', 'eevee-fresh-bootstrap-restore'), { what: 'the bootstrap Job' });
    expect(job.metadata.annotations).toMatchObject({ 'eevee.bot/backup-id': good, 'eevee.bot/backups-passed-over': reason });
    expect((await world.ready('botmodule', 'fresh', 'Bootstrapping')).message).toContain(reason);
    await world.untilEvent('BotModule', 'fresh', `Warning BackupsPassedOver: backup ${good} is being restored; ${reason}`);
  });

  it('causes no warnings', () => {
    expect(world.operator.warnings).toEqual([]);
  });
});
