const UNIT_MS: Readonly<Record<string, number>> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

const PART = /(\d+(?:\.\d+)?)\s*(ms|[wdhms])\s*/giy;

/** Longest text that is read. */
const MAX_CHARACTERS = 100;

/**
 * A duration in milliseconds, or `undefined` when the text is not one: numbers, each with a unit of `w`, `d`, `h`, `m`, `s` or `ms`.
 *
 * @example
 * durationMs('1h30m'); // 5400000
 * durationMs('soon'); // undefined
 */
export function durationMs(text: string): number | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const part = new RegExp(PART);
  let sum = 0;
  for (let at = 0; at === 0 || at < text.length; at = part.lastIndex) {
    const [, count, unit = ''] = part.exec(text) ?? [];
    if (count === undefined) return undefined;
    sum += Number(count) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN);
  }
  const rounded = Math.round(sum);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/**
 * A duration as {@link durationMs} reads it, in the largest units that fit.
 *
 * @example
 * durationText(5_400_000); // '1h30m'
 */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, unitMs] of Object.entries(UNIT_MS)) {
    const count = Math.floor(rest / unitMs);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * unitMs;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}
