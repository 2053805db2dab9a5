import { expect, it } from 'vitest';
import { backupSchedule } from '../../../test/fixtures/backup-schedules.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import { ApiError } from '../../controller/errors.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { BACKUP_SCHEDULE } from '../../resource-types/kinds.ts';
import { backupScheduleReconciler } from './reconcile.ts';

const REFUSAL = new ApiError('CronJob is invalid', {
  ...{ code: 422, reason: 'Invalid' },
  causes: [{ field: 'spec.schedule', message: 'expected exactly 5 fields' }],
});

it('a refused schedule is processed again after an hour, although nothing changes', async () => {
  const [clock, schedule, written] = [new FakeClock(), backupSchedule({ schedule: 'never' }), [] as unknown[]];
  const context = {
    cache: {
      changes: 0,
      store: (type: ResourceType) => ({
        get: () => (type === BACKUP_SCHEDULE ? schedule : undefined),
        byIndex: () => [],
        ownedBy: () => [],
      }),
    },
    writer: {
      dryRun: () => Promise.reject(REFUSAL),
      writeStatus: async (_: unknown, __: unknown, status: unknown) => void written.push(status),
    },
    ...{ events: { record: () => undefined }, clock, now: clock.now(), signal: new AbortController().signal },
  } as unknown as ReconcileContext;
  const reconcile = backupScheduleReconciler({ backupTool: { image: 'backup:1' }, volumeLocks: new VolumeLocks() } as never);
  expect(await reconcile({ namespace: 'bots', name: 'nightly' }, context)).toEqual({ isRejected: false, requeueAfterMs: 3_600_000 });
  const ready = { type: 'Ready', status: 'False', reason: 'InvalidSpec' };
  expect(written).toMatchObject([{ conditions: expect.arrayContaining([expect.objectContaining(ready)]) }]);
});
