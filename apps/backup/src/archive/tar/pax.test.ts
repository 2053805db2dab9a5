import { describe, expect, it } from 'vitest';
import { HeaderError } from './header.ts';
import { paxTime, paxTimeNs } from './pax.ts';

const NS_PER_SECOND = 1_000_000_000n;
const LARGEST_SECONDS = 2n ** 63n - 1n;

describe('the time of an extended header', () => {
  it.each([
    ['0', 0n],
    ['1.5', 1_500_000_000n],
    ['-1.5', -1_500_000_000n],
    ['1.0000000019', 1_000_000_001n],
    // Nanoseconds that a program mistook for seconds.
    ['1796000000000000000', 1_796_000_000_000_000_000n * NS_PER_SECOND],
    [String(LARGEST_SECONDS), LARGEST_SECONDS * NS_PER_SECOND],
  ])('%s is parsed', (text, ns) => {
    expect(paxTimeNs(text)).toBe(ns);
  });

  it.each([0n, 1n, -1n, 999_999_999n, LARGEST_SECONDS * NS_PER_SECOND + 1n, -LARGEST_SECONDS * NS_PER_SECOND])(
    '%s is formatted and parsed back',
    (ns) => {
      expect(paxTimeNs(paxTime(ns))).toBe(ns);
    },
  );

  it.each(['', '-', '1e9', ' 1', '1:2', String(LARGEST_SECONDS + 1n), '1'.repeat(20)])('%j is rejected', (text) => {
    expect(() => paxTimeNs(text)).toThrow(HeaderError);
  });
});
