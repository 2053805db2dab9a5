import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { PendingAnswers } from './pending-answers.ts';

it('forgets who waited in vain, but not who still waits', async () => {
  const clock = new ManualClock();
  const answers = new PendingAnswers<string>(clock);
  const first = answers.wait('#a', 1_000);
  clock.advance(500);
  const second = answers.wait('#a', 1_000);
  clock.advance(500);
  await expect(first).rejects.toThrow('the server did not answer in time');
  expect(answers.size).toBe(1);
  expect(answers.answer('#a', 'late')).toBe(true);
  await expect(second).resolves.toBe('late');
  const third = answers.wait('#b', 1_000);
  clock.advance(1_000);
  await expect(third).rejects.toThrow('the server did not answer in time');
  expect([answers.size, answers.answer('#b', 'too late')]).toEqual([0, false]);
});
