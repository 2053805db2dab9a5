import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../controller/errors.ts';
import { isFirstProgress } from './first-progress.ts';
import type { ModuleOutcome } from './outcome.ts';

const statusOf = (reconciling: 'True' | 'False') =>
  ({ conditions: [{ type: 'Reconciling', status: reconciling }] }) as unknown as BotModuleStatus;
const moduleWith = (status?: BotModuleStatus) => ({ status }) as unknown as BotModule;

const TROUBLES: Readonly<Record<string, ModuleOutcome>> = {
  rejection: { rejection: 'spec is invalid' },
  refusal: { refusal: new ApiError('exceeded quota', { code: 403, reason: 'Forbidden' }) },
  held: { held: { message: 'another pod uses the claim' } },
  volume: { volume: { retryAfterMs: 1_000 } as NonNullable<ModuleOutcome['volume']> },
  extras: { extraProblems: [{ reason: 'NotApplied' } as NonNullable<ModuleOutcome['extraProblems']>[number]] },
};

describe('the first progress of a module', () => {
  it('is a status without news: pods are being started, and nothing was refused', () => {
    expect(isFirstProgress(moduleWith(), {}, statusOf('True'))).toBe(true);
    // The default of the definition, before any status was written.
    expect(isFirstProgress(moduleWith({ observedGeneration: -1 }), {}, statusOf('True'))).toBe(true);
  });

  it('is not a status that ends the progress, nor one after the first', () => {
    expect(isFirstProgress(moduleWith(), {}, statusOf('False'))).toBe(false);
    expect(isFirstProgress(moduleWith(statusOf('True')), {}, statusOf('True'))).toBe(false);
  });

  it.each(Object.entries(TROUBLES))('is not a status with trouble: %s', (_, outcome) => {
    expect(isFirstProgress(moduleWith(), outcome, statusOf('True'))).toBe(false);
  });
});
