import { expect, it } from 'vitest';
import { backupSchedule } from '../../../test/fixtures/backup-schedules.ts';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { CronCheck } from './cron-check.ts';

const REFUSAL = new ApiError('CronJob is invalid', {
  ...{ code: 422, reason: 'Invalid' },
  causes: [{ field: 'spec.timeZone', message: 'unknown time zone Mars/Olympus' }],
});

/** Checks a schedule each time it is called; the API server refuses it while `isRefused`. */
function checks() {
  const [check, clock, state] = [new CronCheck(), new FakeClock(), { isRefused: true, requests: 0 }];
  const dryRun = async () => {
    state.requests += 1;
    if (state.isRefused) throw REFUSAL;
  };
  const context = { writer: { dryRun }, clock, now: clock.now(), signal: new AbortController().signal };
  const verdict = () => check.verdict(backupSchedule({ timeZone: 'Mars/Olympus' }), context as unknown as ReconcileContext);
  return { clock, state, verdict };
}

it('a refused schedule is checked again after an hour, since the API server may accept it by then', async () => {
  const { clock, state, verdict } = checks();
  const problems = ['Kubernetes rejects spec.timeZone: unknown time zone Mars/Olympus'];
  expect(await verdict()).toEqual({ problems, retryAfterMs: 3_600_000 });
  state.isRefused = false;
  clock.advance(3_599_000);
  expect([await verdict(), state.requests]).toEqual([{ problems, retryAfterMs: 1_000 }, 1]);
  clock.advance(1_000);
  expect([await verdict(), state.requests]).toEqual([{ problems: [] }, 2]);
});

it('an accepted schedule is checked once', async () => {
  const { clock, state, verdict } = checks();
  state.isRefused = false;
  await verdict();
  clock.advance(86_400_000);
  expect([await verdict(), state.requests]).toEqual([{ problems: [] }, 1]);
});
