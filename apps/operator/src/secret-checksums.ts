import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { remember } from './controller/remember.ts';

const scryptAsync = promisify(scrypt) as (
  password: string,
  salt: string,
  bytes: number,
  options: { readonly N: number },
) => Promise<unknown>;
const SCRYPT_COST = { N: 16_384 };

/** Checksums that are kept. */
const REMEMBERED = 10_000;

/**
 * Changes when a secret text changes, and stands where anybody may read it (status, pod annotations). A
 * token that a person chose may be weak, so it is stretched: a plain hash could be searched through.
 *
 * @param salt differs between the places where secrets are kept, and never changes for one.
 * @see RFC 7914 (scrypt)
 */
export class SecretChecksums {
  /** The last of each salt, with what it was made from: making one takes tens of milliseconds. */
  readonly #made = new Map<string, { readonly from: string; readonly checksum: string }>();

  async of({ text, salt }: { readonly text: string; readonly salt: string }): Promise<string> {
    const made = this.#made.get(salt);
    if (made?.from === text) return made.checksum;
    const checksum = ((await scryptAsync(text, salt, 8, SCRYPT_COST)) as Buffer).toString('hex');
    remember(this.#made, [salt, { from: text, checksum }], REMEMBERED);
    return checksum;
  }
}
