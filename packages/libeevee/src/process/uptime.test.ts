import { expect, it } from 'vitest';
import { formatUptime } from './uptime.ts';

it.each([
  [93_784_000, '1d 2h 3m 4s'],
  [86_400_000, '1d 0h 0m 0s'],
  [3_600_000, '1h 0m 0s'],
  [61_999, '1m 1s'],
  [999, '0s'],
  [0, '0s'],
  [-5_000, '0s'],
  [Number.NaN, '0s'],
])('formats %d ms as %s', (ms, said) => {
  expect(formatUptime(ms)).toBe(said);
});
