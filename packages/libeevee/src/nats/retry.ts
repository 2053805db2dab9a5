const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;

/**
 * How long to wait before trying again, in milliseconds: doubling from 200 ms to 5 s, with its second
 * half left to chance, so that a thousand modules that lost one server do not come back in one instant.
 *
 * @param attempt how many attempts have failed, from 1.
 * @param random a number in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(longest * (0.5 + random / 2));
}
