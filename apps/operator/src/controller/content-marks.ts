import { hash } from 'node:crypto';
import { contentChecksum } from './difference.ts';
import { remember } from './remember.ts';

/** Hexadecimal digits of a checksum that are enough to distinguish versions of one object. */
const MARK_DIGITS = 16;

/** Marks that are remembered. One takes about 150 bytes. */
const REMEMBERED = 10_000;

/**
 * Marks of objects whose content is not secret. A mark does not depend on the order of keys, which is costly to compute; an object
 * is built in the same order at each reconcile, so its mark is looked up by the checksum of its plain JSON.
 */
export class ContentMarks {
  readonly #marks = new Map<string, string>();

  of(desired: object): string {
    const checksum = hash('sha256', JSON.stringify(desired), 'base64');
    const mark = this.#marks.get(checksum) ?? contentChecksum(desired).slice(0, MARK_DIGITS);
    remember(this.#marks, [checksum, mark], REMEMBERED);
    return mark;
  }
}
