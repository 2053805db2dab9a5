import { expect, it } from 'vitest';
import { durationMs } from './duration.ts';

it.each([
  ['90s', 90_000],
  ['1h', 3_600_000],
  ['1h30m', 5_400_000],
  ['2d', 172_800_000],
  ['250ms', 250],
  ['0s', 0],
])('reads %s as %d milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each(['', '5', 'h', '1h x', '-1h', '1.5h', '1h 30m'])('does not read %j as a duration', (text) => {
  expect(durationMs(text)).toBeUndefined();
});
