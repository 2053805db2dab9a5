import { describe, expect, it } from 'vitest';
import type { BackupTarget } from '@eeveebot/crds';
import { backupSchedule } from '../../../test/fixtures/backup-schedules.ts';
import type { ResourceEvent } from '../../controller/api/events.ts';
import { recordTargets } from './events.ts';

/** Events recorded when the target of a schedule changes from one state to another. */
function eventsOf(before: Partial<BackupTarget>, now: Partial<BackupTarget>): readonly ResourceEvent[] {
  const events: ResourceEvent[] = [];
  const schedule = backupSchedule({}, [{ module: 'echo', ...before }]);
  recordTargets(schedule, [{ module: 'echo', ...now }], { record: (_, event) => void events.push(event) });
  return events;
}

const [time, later] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'];
const good = { id: 'b7', time, result: 'Succeeded' as const };
const bad = { id: 'b8', time: later, result: 'Failed' as const, message: 'exit 65: cut off' };

describe('events about verifications', () => {
  it('report each failure, with the module, the backup and the cause', () => {
    const failure = {
      type: 'Warning',
      reason: 'VerificationFailed',
      message: 'verification of backup b8 of BotModule echo failed: exit 65: cut off',
    };
    expect(eventsOf({}, { lastVerified: bad })).toEqual([failure]);
    expect(eventsOf({ lastVerified: { ...bad, time } }, { lastVerified: bad })).toEqual([failure]);
  });

  it('report the first success after a failure, and no other', () => {
    const recovered = { ...good, time: '2026-01-01T00:00:03Z' };
    expect(eventsOf({ lastVerified: bad }, { lastVerified: recovered })).toEqual([
      { type: 'Normal', reason: 'VerificationSucceeded', message: 'verification of backup b7 of BotModule echo succeeded' },
    ]);
    expect(eventsOf({ lastVerified: good }, { lastVerified: recovered })).toEqual([]);
    expect(eventsOf({}, { lastVerified: good })).toEqual([]);
  });

  it('are not repeated for a known result', () => {
    expect(eventsOf({ lastVerified: bad }, { lastVerified: bad })).toEqual([]);
  });
});

describe('events about backups', () => {
  it.each([
    ['BackupSucceeded', 'Normal', good],
    ['BackupFailed', 'Warning', bad],
    ['BackupIncomplete', 'Warning', { ...good, result: 'Incomplete' as const, message: '1 entry is missing' }],
    ['BackupDoubtful', 'Warning', { ...good, doubt: 'it is empty', message: 'it is empty' }],
  ])('are %s', (reason, type, lastBackup) => {
    expect(eventsOf({}, { lastBackup })).toMatchObject([{ reason, type }]);
    expect(eventsOf({ lastBackup }, { lastBackup })).toEqual([]);
  });
});
