import { describe, expect, it } from 'vitest';
import { durationMs, durationText } from './duration.ts';

describe('durationMs', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1H 30M', 5_400_000],
    ['2d', 172_800_000],
    ['1.5h', 5_400_000],
    ['1w', 604_800_000],
    ['250ms', 250],
    ['5m3s', 303_000],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', ' ', 'soon', '5', '5x', 'm5', '1h soon', '-5m', '1e3s', '.5h', '9'.repeat(30) + 'w', '1s'.repeat(60)])(
    'does not read %j',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});

it.each([
  [0, '0s'],
  [5_400_000, '1h30m'],
  [172_800_000, '2d'],
  [61_250, '1m1s250ms'],
])('durationText(%i) is %s, which durationMs reads', (ms, text) => {
  expect(durationText(ms)).toBe(text);
  expect(durationMs(text)).toBe(ms);
});
