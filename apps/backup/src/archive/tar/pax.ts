/**
 * PAX extended headers: records `length keyword=value\n` for values that do not fit into a ustar header.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
 */
import { HeaderError } from './header.ts';

/** Maximum digits of a record's length; headers are read up to 1 MiB. */
const LONGEST_DIGITS = 10;

/** Largest time, 64 bits of seconds: programs that mistake nanoseconds for seconds create files with times in the year 56,000,000,000. */
const LARGEST_SECONDS = 2n ** 63n - 1n;

/** Encodes records as the content of an extended header. Keywords are latin1 strings. */
export function encodedPax(records: Iterable<readonly [keyword: string, value: Buffer | string]>): Buffer {
  return Buffer.concat(Array.from(records, ([keyword, value]) => encodedRecord(keyword, Buffer.from(value))));
}

function encodedRecord(keyword: string, value: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(` ${keyword}=`, 'latin1'), value, Buffer.from('\n')]);
  // The length includes its own digits.
  let length = content.length + String(content.length).length;
  if (String(length).length + content.length !== length) length = content.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), content]);
}

/**
 * Decodes the content of an extended header record by record; there may be hundreds of thousands. The values are views of `content`.
 *
 * @throws HeaderError when it is malformed.
 */
export function* decodedPax(content: Buffer): Generator<readonly [keyword: string, value: Buffer]> {
  for (let at = 0; at < content.length;) {
    // Some writers pad with zeros.
    if (content[at] === 0) break;
    const space = content.subarray(at, at + LONGEST_DIGITS + 1).indexOf(0x20);
    const digits = content.toString('latin1', at, at + Math.max(space, 0));
    const length = /^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0;
    const record = content.subarray(at + space + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (at + length > content.length || record.at(-1) !== 0x0a || equals < 1) throw new HeaderError('an extended header is malformed');
    yield [record.toString('latin1', 0, equals), record.subarray(equals + 1, -1)];
    at += length;
  }
}

/**
 * Parses the time of a PAX record into nanoseconds since 1970.
 *
 * @example
 * paxTimeNs('1.5'); // 1_500_000_000n
 * @throws HeaderError when it is invalid.
 */
export function paxTimeNs(text: string): bigint {
  const [, sign, seconds = '', fraction = ''] = /^(-?)([0-9]{1,19})(?:\.([0-9]*))?$/.exec(text) ?? [];
  if (seconds === '' || BigInt(seconds) > LARGEST_SECONDS) throw new HeaderError('an extended header has an invalid time');
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return sign === '-' ? -ns : ns;
}

/** Formats a time for a PAX record. */
export function paxTime(ns: bigint): string {
  const absolute = ns < 0n ? -ns : ns;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
