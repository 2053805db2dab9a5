/**
 * A duration in readable form: days, hours, minutes and seconds, without leading zero units.
 *
 * @param ms milliseconds; negative values and NaN count as 0.
 * @example
 * formatUptime(93_784_000); // '1d 2h 3m 4s'
 * formatUptime(61_000); // '1m 1s'
 */
export function formatUptime(ms: number): string {
  const seconds = Number.isFinite(ms) && ms > 0 ? Math.floor(ms / 1000) : 0;
  const parts = [
    { value: Math.floor(seconds / 86_400), unit: 'd' },
    { value: Math.floor(seconds / 3600) % 24, unit: 'h' },
    { value: Math.floor(seconds / 60) % 60, unit: 'm' },
    { value: seconds % 60, unit: 's' },
  ];
  const first = parts.findIndex(({ value }) => value > 0);
  return parts
    .slice(first < 0 ? -1 : first)
    .map(({ value, unit }) => `${value}${unit}`)
    .join(' ');
}
