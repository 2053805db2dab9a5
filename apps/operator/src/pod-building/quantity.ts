import type { Quantity } from '@eeveebot/crds';

/** Suffixes that stand for powers of ten and of 1024. */
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };

/** The API server stores larger quantities as this one, and rounds up to a nano unit. */
const MOST_NANO = (2n ** 63n - 1n) * 10n ** 9n;

/** Beyond these powers of ten, every number is larger than the largest quantity, or smaller than a nano unit. */
const EXPONENTS = 60;

/**
 * The number that a quantity represents, such as bytes: the API server may write the same quantity in another form (`1024Mi` as `1Gi`,
 * `0.7Gi` as `751619276800m`). Equal quantities give the same number: it is computed exactly, and rounded only at the end.
 *
 * @returns `NaN` for text that is not a quantity.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 * @example
 * quantityValue('1.5Gi'); // 1610612736
 */
export function quantityValue(quantity: Quantity): number {
  const nano = nanoUnits(String(quantity));
  return nano === undefined ? Number.NaN : Number(nano) / 1e9;
}

const QUANTITY = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?([A-Za-z]*)$/;

function nanoUnits(text: string): bigint | undefined {
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = QUANTITY.exec(text) ?? [];
  const factor = factorOf(suffix);
  if (`${whole}${fraction}` === '' || factor === undefined) return undefined;
  const power = factor.power + Number(exponent ?? 0);
  const tens = Math.max(-EXPONENTS, Math.min(EXPONENTS, power)) + 9 - fraction.length;
  const exact = timesPowerOfTen(BigInt(`${whole}${fraction}`) << factor.shift, tens);
  const bounded = exact > MOST_NANO ? MOST_NANO : exact;
  return sign === '-' ? -bounded : bounded;
}

/** The factor of a suffix: a power of ten, or a shift by bits. */
function factorOf(suffix: string): { readonly power: number; readonly shift: bigint } | undefined {
  const shift = BINARY[suffix];
  if (shift !== undefined) return { power: 0, shift };
  const power = DECIMAL[suffix];
  return power === undefined ? undefined : { power, shift: 0n };
}

/** `digits` × 10^`tens`, rounded up. */
function timesPowerOfTen(digits: bigint, tens: number): bigint {
  if (tens >= 0) return digits * 10n ** BigInt(tens);
  const divisor = 10n ** BigInt(-tens);
  return (digits + divisor - 1n) / divisor;
}
