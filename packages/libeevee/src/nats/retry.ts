const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;

/**
 * Delay before the next attempt, in milliseconds: doubles from 200 ms to `longestMs`, with a random second half, so that a thousand modules that
 * lost one server do not reconnect at the same moment.
 *
 * @param attempt number of failed attempts, from 1.
 * @param random a number in [0, 1).
 * @param longestMs default 5,000.
 */
export function retryDelayMs(attempt: number, random: number, longestMs = LONGEST_DELAY_MS): number {
  const longest = Math.min(longestMs, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(longest * (0.5 + random / 2));
}
