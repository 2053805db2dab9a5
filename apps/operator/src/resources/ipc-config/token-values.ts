import { scryptSync } from 'node:crypto';
import { NATS_SECRET_HOST_KEY } from '@eeveebot/contract';

/** What a token Secret holds, decoded; `undefined` for a key that is missing or empty. */
export interface TokenValues {
  readonly token: string | undefined;
  readonly host: string | undefined;
}

/** What a token Secret's values say of token and host. */
export function tokenValues(values: Readonly<Record<string, string>>, key: string): TokenValues {
  return { token: values[key] || undefined, host: values[NATS_SECRET_HOST_KEY] || undefined };
}

/**
 * Changes when token or host change, and stands where anybody may read it (status, pod annotations). A
 * token that a person chose may be weak, so it is stretched: a plain hash could be searched through.
 *
 * @param salt differs between IpcConfigs: its uid.
 * @see RFC 7914 (scrypt)
 */
export function authChecksum({ token, host, salt }: { token: string; host: string; salt: string }): string {
  return scryptSync(`${host}\0${token}`, salt, 8, { N: 16_384 }).toString('hex');
}
