import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { setBounded } from '../controller/set-bounded.ts';

const stretch = promisify<string, string, number, Buffer>(scrypt);

const SALT_BYTES = 9;
const HASH_BYTES = 15;
const REMEMBERED = 20_000;

/**
 * Marks of objects whose content is secret. Annotations are shown where values are not (`kubectl describe`),
 * and a user may have chosen a weak token, which could be brute-forced from a plain checksum. So the mark is
 * salted and stretched, which takes tens of milliseconds in the thread pool, once for each Secret.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7914 (scrypt)
 */
export class SecretMarks {
  readonly #randomBytes: (size: number) => Buffer;
  /** Marks that were computed or verified, each with its checksum. */
  readonly #checked = new Map<string, string>();

  constructor(given: { randomBytes?: (size: number) => Buffer } = {}) {
    this.#randomBytes = given.randomBytes ?? randomBytes;
  }

  /** `current` if it matches `checksum`, otherwise a new mark that does. */
  async mark(checksum: string, current: string | undefined): Promise<string> {
    if (current !== undefined && (await this.#standsFor(checksum, current))) return current;
    const made = await markWith(this.#randomBytes(SALT_BYTES).toString('base64url'), checksum);
    setBounded(this.#checked, [made, checksum], REMEMBERED);
    return made;
  }

  async #standsFor(checksum: string, mark: string): Promise<boolean> {
    const known = this.#checked.get(mark);
    if (known !== undefined) return known === checksum;
    const [salt = ''] = mark.split('.');
    if ((await markWith(salt, checksum)) !== mark) return false;
    setBounded(this.#checked, [mark, checksum], REMEMBERED);
    return true;
  }
}

const markWith = async (salt: string, checksum: string): Promise<string> =>
  `${salt}.${(await stretch(checksum, salt, HASH_BYTES)).toString('base64url')}`;
