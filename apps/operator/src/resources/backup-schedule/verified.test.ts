import { describe, expect, it } from 'vitest';
import type { BackupTarget } from '@eeveebot/crds';
import { backupSchedule, observedSchedule, observedTarget, verification } from '../../../test/fixtures/backup-schedules.ts';
import { botModule, toolJob } from '../../../test/fixtures/bot-modules.ts';
import { NO_EVENT_CAUSES } from '../../diagnosis/event-causes.ts';
import { verifiedConditions } from './verified.ts';

const volume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };
const [a, b] = [botModule(volume, { name: 'a' }), botModule(volume, { name: 'b' })];
const lastVerified = { id: 'b7', time: '2026-01-01T00:00:09Z', result: 'Succeeded' as const };
const failed = { ...lastVerified, result: 'Failed' as const, message: 'exit 65: checksum does not match' };
const given = observedSchedule(backupSchedule({ verification: verification() }), [observedTarget(a), observedTarget(b)]);
const condition = (...listed: readonly BackupTarget[]) => verifiedConditions(given, listed);

describe('condition Verified', () => {
  it('is absent without spec.verification', () => {
    expect(verifiedConditions(observedSchedule(backupSchedule(), given.targets), [{ module: 'a', lastVerified }])).toEqual([]);
  });

  it('is True when the last verification of every module succeeded', () => {
    expect(condition({ module: 'a', lastVerified }, { module: 'b', lastVerified })).toEqual([
      { type: 'Verified', status: 'True', reason: 'Verified', message: 'the last verification of all 2 modules succeeded' },
    ]);
  });

  it('is False when one failed, and names the module, the backup and the cause', () => {
    expect(condition({ module: 'a', lastVerified }, { module: 'b', lastVerified: failed })).toEqual([
      {
        type: 'Verified',
        status: 'False',
        reason: 'VerificationFailed',
        message: 'BotModule b: verification of backup b7 failed: exit 65: checksum does not match',
      },
    ]);
  });

  it('is False even while another module has no verification yet', () => {
    expect(condition({ module: 'a' }, { module: 'b', lastVerified: failed })).toMatchObject([{ status: 'False' }]);
  });

  it('is Unknown until every module has a verification, or if there is no module', () => {
    expect(condition({ module: 'a', lastVerified }, { module: 'b' })).toMatchObject([
      { status: 'Unknown', reason: 'NotVerifiedYet', message: 'not verified yet: BotModule b' },
    ]);
    expect(verifiedConditions(observedSchedule(backupSchedule({ verification: verification() }), []), [])).toMatchObject([
      { status: 'Unknown', reason: 'NoTargets' },
    ]);
  });

  it('does not count a module that cannot be backed up', () => {
    const homeless = botModule({}, { name: 'b' });
    const observed = observedSchedule(given.schedule, [observedTarget(a), observedTarget(homeless)]);
    expect(verifiedConditions(observed, [{ module: 'a', lastVerified }, { module: 'b' }])).toMatchObject([
      { status: 'True', message: 'the last verification of one module succeeded' },
    ]);
  });

  it('names the obstacle that keeps a verification from making progress', () => {
    const job = toolJob(undefined, { command: 'verify', name: 'nightly-a-verify-b7' });
    const eventCauses = { ...NO_EVENT_CAUSES, creation: () => 'exceeded quota: few' };
    const observed = observedSchedule(given.schedule, [observedTarget(a, { jobs: [job] })], { eventCauses });
    expect(verifiedConditions(observed, [{ module: 'a' }])).toMatchObject([
      {
        message:
          'not verified yet: BotModule a; the verification of BotModule a makes no progress: its pod cannot be created: exceeded quota: few',
      },
    ]);
  });
});
