import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { NATS_SECRET_HOST_KEY } from '@eeveebot/contract';
import { remember } from '../../controller/remember.ts';

/** What a token Secret holds, decoded; `undefined` for a key that is missing or empty. */
export interface TokenValues {
  readonly token: string | undefined;
  readonly host: string | undefined;
}

/** What a token Secret's values say of token and host. */
export function tokenValues(values: Readonly<Record<string, string>>, key: string): TokenValues {
  return { token: values[key] || undefined, host: values[NATS_SECRET_HOST_KEY] || undefined };
}

const scryptAsync = promisify(scrypt) as (
  password: string,
  salt: string,
  bytes: number,
  options: { readonly N: number },
) => Promise<unknown>;
const SCRYPT_COST = { N: 16_384 };

/** IpcConfigs whose checksum is kept. */
const REMEMBERED = 10_000;

/**
 * Changes when token or host change, and stands where anybody may read it (status, pod annotations). A
 * token that a person chose may be weak, so it is stretched: a plain hash could be searched through.
 *
 * @param salt differs between IpcConfigs: its uid.
 * @see RFC 7914 (scrypt)
 */
export class AuthChecksums {
  /** The last of each IpcConfig, with what it was made from: making one takes tens of milliseconds. */
  readonly #made = new Map<string, { readonly from: string; readonly checksum: string }>();

  async of({ token, host, salt }: { readonly token: string; readonly host: string; readonly salt: string }): Promise<string> {
    const from = `${host}\0${token}`;
    const made = this.#made.get(salt);
    if (made?.from === from) return made.checksum;
    const checksum = ((await scryptAsync(from, salt, 8, SCRYPT_COST)) as Buffer).toString('hex');
    remember(this.#made, [salt, { from, checksum }], REMEMBERED);
    return checksum;
  }
}
