const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/**
 * A duration in milliseconds; `undefined` if the text is not one.
 *
 * @example
 * durationMs('1h30m'); // 5_400_000
 */
export function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(ms|[dhms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sumMs, [, count, unit]) => sumMs + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
}
