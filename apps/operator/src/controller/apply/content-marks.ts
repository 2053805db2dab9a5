import { hash } from 'node:crypto';
import { setBounded } from '../set-bounded.ts';
import { contentChecksum } from './difference.ts';

/** Hexadecimal digits of a checksum that suffice to distinguish versions of one object. */
const MARK_DIGITS = 16;

/** Maximum number of remembered marks. One takes about 150 bytes. */
const REMEMBERED = 10_000;

/**
 * Marks of objects whose content is not secret. A mark does not depend on the order of keys, which makes it expensive to compute. Since
 * each reconcile builds an object in the same order, the mark is looked up by the checksum of the plain JSON.
 */
export class ContentMarks {
  readonly #marks = new Map<string, string>();

  /** Mark of an object that is about to be created: computed and not remembered, because no earlier reconcile has built it. */
  ofNew(desired: object): string {
    return contentChecksum(desired).slice(0, MARK_DIGITS);
  }

  of(desired: object): string {
    const checksum = hash('sha256', JSON.stringify(desired), 'base64');
    const mark = this.#marks.get(checksum) ?? this.ofNew(desired);
    setBounded(this.#marks, [checksum, mark], REMEMBERED);
    return mark;
  }
}
