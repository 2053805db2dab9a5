/** More doublings than any limit allows; without a bound, the power would overflow. */
const MOST_DOUBLINGS = 40;

/**
 * Delay before the next attempt: doubles with each failure, up to a limit.
 *
 * @param failures consecutive failures before the attempt; none, or one, gives the first delay.
 * @returns milliseconds, without jitter.
 * @example
 * backoffMs({ firstMs: 1_000, longestMs: 60_000 }, 3); // 4,000
 */
export function backoffMs({ firstMs, longestMs }: { readonly firstMs: number; readonly longestMs: number }, failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS));
}
