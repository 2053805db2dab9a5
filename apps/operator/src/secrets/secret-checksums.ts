import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { setBounded } from '../controller/set-bounded.ts';

const scryptAsync = promisify(scrypt) as (
  password: string,
  salt: string,
  bytes: number,
  options: { readonly N: number },
) => Promise<unknown>;
const SCRYPT_COST = { N: 16_384 };

/** Maximum number of checksums that are kept. */
const REMEMBERED = 10_000;

/**
 * Checksum that changes with a secret text and is stored where many users may read it (status, pod annotations). A
 * user may have chosen a weak token, so it is stretched: a plain hash could be brute-forced.
 *
 * @param salt differs between the places where secrets are kept, and is constant for each place.
 * @see RFC 7914 (scrypt)
 */
export class SecretChecksums {
  /** The last checksum for each salt, with its input, because computing one takes tens of milliseconds. */
  readonly #made = new Map<string, { readonly from: string; readonly checksum: string }>();

  async of({ text, salt }: { readonly text: string; readonly salt: string }): Promise<string> {
    const made = this.#made.get(salt);
    if (made?.from === text) return made.checksum;
    const checksum = ((await scryptAsync(text, salt, 8, SCRYPT_COST)) as Buffer).toString('hex');
    setBounded(this.#made, [salt, { from: text, checksum }], REMEMBERED);
    return checksum;
  }
}
