import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { isFirstProgress } from './first-progress.ts';

type Condition = readonly [type: string, status: 'True' | 'False' | 'Unknown', reason?: string];

const statusWith = (...conditions: Condition[]) =>
  ({ conditions: conditions.map(([type, status, reason = 'Creating']) => ({ type, status, reason })) }) as unknown as BotModuleStatus;
const moduleWith = (status?: BotModuleStatus) => ({ status }) as unknown as BotModule;

const starting: readonly Condition[] = [
  ['Ready', 'Unknown'],
  ['Reconciling', 'True'],
  ['Stalled', 'False'],
];

describe('the first progress of a module', () => {
  it('is a status without news: pods are being started', () => {
    expect(isFirstProgress(moduleWith(), statusWith(...starting))).toBe(true);
    // The default of the definition, before any status was written.
    expect(isFirstProgress(moduleWith({ observedGeneration: -1 }), statusWith(...starting))).toBe(true);
    expect(isFirstProgress(moduleWith(), statusWith(...starting, ['VolumeInSync', 'True'], ['ExtrasInSync', 'True']))).toBe(true);
    // Reasons of a schedule that has made no CronJob for the module yet.
    for (const reason of ['Pending', 'NoTargets', 'CronJobsCreated'])
      expect(isFirstProgress(moduleWith(), statusWith(...starting, ['BackupScheduled', 'False', reason]))).toBe(true);
  });

  it('is not a status that ends the progress, nor one after the first', () => {
    expect(isFirstProgress(moduleWith(), statusWith(['Ready', 'True'], ['Reconciling', 'False'], ['Stalled', 'False']))).toBe(false);
    expect(isFirstProgress(moduleWith(), statusWith(['Ready', 'False'], ['Reconciling', 'False'], ['Stalled', 'False']))).toBe(false);
    expect(isFirstProgress(moduleWith(statusWith(...starting)), statusWith(...starting))).toBe(false);
  });

  it.each([
    ['ExtrasInSync', 'KindNotAvailable'],
    ['VolumeInSync', 'ClaimDiffers'],
    ['BackupScheduled', 'BackupScheduleNotFound'],
  ])('is not a status in which %s is False because of %s', (type, reason) => {
    expect(isFirstProgress(moduleWith(), statusWith(...starting, [type, 'False', reason]))).toBe(false);
  });
});
