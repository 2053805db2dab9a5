/** The last UTF-16 code unit: without the flag `u`, expressions match code units. */
const LAST_CODE_UNIT = 0xffff;

/** An expression for which no other is equal without the flag `i`. */
export class CaseSensitiveRegexError extends Error {
  override readonly name = 'CaseSensitiveRegexError';
}

/** The form in which the flag `i` compares code units: the upper case, unless that has more than one or is the first one in ASCII. */
function canonical(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  const upperUnit = upper.charCodeAt(0);
  return upper.length === 1 && (unit < 128 || upperUnit >= 128) ? upperUnit : unit;
}

let variantsByCanonical: ReadonlyMap<number, readonly number[]> | undefined;

/** Code units beyond ASCII that are equal but for case, by their canonical form; only forms with several. */
function variantTable(): ReadonlyMap<number, readonly number[]> {
  if (variantsByCanonical !== undefined) return variantsByCanonical;
  const all = new Map<number, number[]>();
  for (let unit = 128; unit <= LAST_CODE_UNIT; unit++) {
    const key = canonical(unit);
    const variants = all.get(key);
    if (variants === undefined) all.set(key, [unit]);
    else variants.push(unit);
  }
  for (const [key, variants] of all) if (variants.length === 1) all.delete(key);
  variantsByCanonical = all;
  return all;
}

/** All code units that differ from one only in case, itself included. */
function variantsOf(unit: number): readonly number[] {
  if (unit >= 128) return variantTable().get(canonical(unit)) ?? [unit];
  const text = String.fromCharCode(unit);
  return /[A-Za-z]/.test(text) ? [text.toUpperCase().charCodeAt(0), text.toLowerCase().charCodeAt(0)] : [unit];
}

/** A code unit as a part of a class: everything but letters and digits is written by its number. */
function inClass(unit: number): string {
  const text = String.fromCharCode(unit);
  return /[A-Za-z0-9]/.test(text) || unit >= 0xa0 ? literalOrNumber(text, unit) : `\\x${unit.toString(16).padStart(2, '0')}`;
}

const literalOrNumber = (text: string, unit: number): string => (unit >= 0xd800 && unit <= 0xdfff ? `\\u${unit.toString(16)}` : text);

/** Ranges of sorted, unique code units, as parts of a class. */
function asRanges(units: readonly number[]): string {
  let ranges = '';
  for (let index = 0; index < units.length;) {
    let last = index;
    while (units[last + 1] === (units[last] ?? 0) + 1) last++;
    const [from = 0, to = 0] = [units[index], units[last]];
    ranges +=
      to - from < 2
        ? units
            .slice(index, last + 1)
            .map(inClass)
            .join('')
        : `${inClass(from)}-${inClass(to)}`;
    index = last + 1;
  }
  return ranges;
}

/** Code units that differ from one of a range only in case, and are not in it. */
function variantsOfRange(from: number, to: number): number[] {
  const added = new Set<number>();
  for (let unit = from; unit <= to; unit++) for (const each of variantsOf(unit)) if (each < from || each > to) added.add(each);
  return [...added].toSorted((a, b) => a - b);
}

/** Escapes that stand for one code unit. */
const CONTROL: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, '0': 0 };

/** The code unit of an escape or a character; `undefined` for a class such as `\d`, or an assertion. */
function unitOf(part: string, isInClass: boolean): number | undefined {
  if (!part.startsWith('\\')) return part.charCodeAt(0);
  const body = part.slice(1);
  if (/^(?:u[\da-fA-F]{4}|x[\da-fA-F]{2})$/.test(body)) return Number.parseInt(body.slice(1), 16);
  if (/^c[A-Za-z]$/.test(body)) return body.charCodeAt(1) % 32;
  if (body === 'b') return isInClass ? 8 : undefined;
  if (/^[BdDsSwW]$/.test(body)) return undefined;
  return CONTROL[body] ?? body.charCodeAt(0);
}

const ATOM = String.raw`\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|[^])`;
const CLASS_ATOM = new RegExp(`${ATOM}|[^]`, 'g');

/** The contents of a class, with the other cases of its characters and ranges added. */
function classIgnoringCase(content: string): string {
  const parts = content.match(CLASS_ATOM) ?? [];
  let result = '';
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? '';
    const [from, to] = [
      unitOf(part, true),
      parts[index + 1] === '-' && index + 2 < parts.length ? unitOf(parts[index + 2] ?? '', true) : undefined,
    ];
    if (from !== undefined && to !== undefined) {
      result += `${part}-${parts[index + 2] ?? ''}${asRanges(variantsOfRange(from, to))}`;
      index += 2;
    } else result += from === undefined ? part : part + asRanges(variantsOfRange(from, from));
  }
  return result;
}

/** A character outside of a class, in each case. */
function characterIgnoringCase(part: string): string {
  const unit = unitOf(part, false);
  const variants = unit === undefined ? [] : variantsOf(unit);
  return variants.length > 1 ? `[${variants.map(inClass).join('')}]` : part;
}

const TERM = new RegExp(
  [
    String.raw`(?<reference>\\[1-9]|\\k<)`,
    String.raw`(?<kept>\(\?(?:[:=!]|<[=!]|<[^>]*>)|\{\d+(?:,\d*)?\})`,
    String.raw`(?<modifiers>\(\?[a-z-]+:)`,
    String.raw`\[(?<negation>\^?)(?<content>(?:\\[^]|[^\\\]])*)\]`,
    `(?<character>${ATOM}|[^])`,
  ].join('|'),
  'g',
);

/**
 * The source of a regular expression that matches what `new RegExp(source, 'i')` does, without the flag: registrations of commands carry
 * none. It uses only classes of characters, which every engine knows.
 *
 * @throws CaseSensitiveRegexError for a reference to a group, which cannot ignore case without the flag, and for modifiers as `(?i:`.
 * @example
 * ignoringCase(String.raw`^roll\s+`); // '^[Rr][Oo][Ll][Ll]\s+'
 */
export function ignoringCase(source: string): string {
  return source.replaceAll(TERM, (whole, ...matched) => {
    const { reference, kept, modifiers, negation, content, character } = matched.at(-1) as Record<string, string | undefined>;
    if (reference !== undefined) throw new CaseSensitiveRegexError('a backreference (\\1, \\k<name>) cannot ignore case');
    if (modifiers !== undefined) throw new CaseSensitiveRegexError('modifiers ((?i:…)) cannot be combined with ignoreCase');
    if (kept !== undefined) return kept;
    if (character !== undefined) return characterIgnoringCase(character);
    return content === undefined ? whole : `[${negation ?? ''}${classIgnoringCase(content)}]`;
  });
}
