/** Limit on the rate of lines: a burst, then a number per second. */
export interface FloodControl {
  readonly burst: number;
  readonly perSecond: number;
}
