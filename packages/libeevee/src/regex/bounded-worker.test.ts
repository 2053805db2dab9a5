import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BoundedRegexes } from './bounded-worker.ts';

let regexes: BoundedRegexes;

beforeEach(() => void (regexes = new BoundedRegexes()));
afterEach(() => regexes.close());

const slow = { pattern: '^(?=(a+)+$)', text: `${'a'.repeat(40)}b` };

it('returns the spans of matches in the order of the tasks', async () => {
  expect(
    await regexes.evaluate([
      { pattern: String.raw`^lurkers(?!-)\s*`, text: 'lurkers  all' },
      { pattern: String.raw`^lurkers(?!-)\s*`, text: 'lurkers-all' },
      { pattern: String.raw`(\w)\1`, text: 'hello' },
    ]),
  ).toEqual([[0, 9], null, [2, 4]]);
});

it('stops expressions that take too long, and still tries the rest', async () => {
  const quick = { pattern: 'a(?=b)', text: 'ab' };
  const blocked = regexes.evaluate([quick, slow, quick]);
  expect(await Promise.all([blocked, regexes.evaluate([quick])])).toEqual([[[0, 1], 'timeout', [0, 1]], [[0, 1]]]);
});

it('does not block the caller', async () => {
  let turns = 0;
  const turning = setInterval(() => turns++, 5);
  await regexes.evaluate([slow, slow]);
  clearInterval(turning);
  expect(turns).toBeGreaterThan(3);
});

it('fails invalid expressions, and tasks beyond the limit of the queue', async () => {
  expect(await regexes.evaluate([{ pattern: '(', text: '' }])).toEqual(['failed']);
  const first = regexes.evaluate([slow]);
  const outcomes = await regexes.evaluate(Array.from({ length: 2_000 }, () => slow));
  expect(new Set(outcomes)).toEqual(new Set(['failed']));
  expect(await first).toEqual(['timeout']);
});

it('starts again after it was closed, and fails tasks that were waiting', async () => {
  const waiting = regexes.evaluate([slow]);
  await regexes.close();
  expect(await waiting).toEqual(['failed']);
  expect(await regexes.evaluate([{ pattern: 'a(?=b)', text: 'ab' }])).toEqual([[0, 1]]);
});

it('names the slow tasks of a batch that the thread does not finish', async () => {
  // Closed at the first slow task, which is reported before any other.
  process.once('worker', (thread: Worker) => thread.once('message', () => void regexes.close()));
  expect(await regexes.evaluate([slow, slow, slow])).toEqual(['timeout', 'failed', 'failed']);
});
