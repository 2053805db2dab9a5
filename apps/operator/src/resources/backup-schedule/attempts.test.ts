import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { CRON_JOB } from '../../resource-types/kubernetes.ts';
import { Attempts, outcomeOf } from './attempts.ts';
import { ScheduleError } from './target-error.ts';

const REFUSAL = new ApiError('failed calling webhook', { code: 500, reason: 'InternalError' });
const failureOf = (error: unknown) => new ScheduleError('CronJob x', error);
const OBJECT = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'x', namespace: 'a' } };

function attemptsOn(clock: FakeClock, signal = new AbortController().signal, deleteIt: () => Promise<boolean> = async () => true) {
  const writer = { delete: deleteIt } as unknown as ReconcileContext['writer'];
  return new Attempts({ clock, signal, writer });
}

/** A change that is refused after `ms`. */
const refusedAfter = (clock: FakeClock, ms: number) => () => {
  clock.advance(ms);
  return Promise.reject(REFUSAL);
};

describe('Attempts', () => {
  it('continue after a refusal', async () => {
    const clock = new FakeClock();
    const attempts = attemptsOn(clock);
    expect(await attempts.attempt(refusedAfter(clock, 30_000), failureOf)).toBe('refused');
    expect(await attempts.attempt(async () => true, failureOf)).toBe('done');
    expect(attempts.failures.map(({ message }) => message)).toEqual(['CronJob x: failed calling webhook']);
  });

  it('leave changes to the next reconcile when refusals took long, each part by its own time', async () => {
    const clock = new FakeClock();
    const [long, short] = [attemptsOn(clock), attemptsOn(clock)];
    for (let each = 0; each < 3; each++) await long.attempt(refusedAfter(clock, 30_000), failureOf);
    let made = 0;
    const change = async () => made++ >= 0;
    expect([await long.attempt(change, failureOf), await short.attempt(change, failureOf)]).toEqual(['postponed', 'done']);
    expect(made).toBe(1);
    const { failures, hasChanged } = outcomeOf([long, short]);
    expect(hasChanged).toBe(true);
    expect(failures.at(-1)).toMatchObject({ message: '1 further change was not attempted yet: failed calling webhook', isFinal: false });
  });

  it('may take long while nothing is refused', async () => {
    const clock = new FakeClock();
    const attempts = attemptsOn(clock);
    clock.advance(300_000);
    expect(await attempts.attempt(async () => false, failureOf)).toBe('done');
    expect(outcomeOf([attempts])).toEqual({ failures: [], hasChanged: false });
  });

  it('end when the reconcile is aborted', async () => {
    const abort = new AbortController();
    const attempts = attemptsOn(new FakeClock(), abort.signal);
    abort.abort(new Error('stop'));
    await expect(attempts.attempt(() => Promise.reject(abort.signal.reason), failureOf)).rejects.toThrow('stop');
  });

  it('delete objects, and report what cannot be deleted', async () => {
    const clock = new FakeClock();
    expect(await attemptsOn(clock).remove(CRON_JOB, OBJECT)).toBe(true);
    const refused = attemptsOn(clock, undefined, () => Promise.reject(REFUSAL));
    expect(await refused.remove(CRON_JOB, OBJECT)).toBe(false);
    expect(refused.failures.map(({ message }) => message)).toEqual(['CronJob x could not be removed: failed calling webhook']);
  });
});
