import { scryptSync } from 'node:crypto';
import { NATS_SECRET_HOST_KEY } from '@eeveebot/contract';
import type { Writer } from '../../controller/types.ts';
import { SECRET, type Secret } from '../../kubernetes.ts';

/** What a token Secret holds, decoded; `undefined` for a key that is missing or empty. */
export interface TokenValues {
  readonly token: string | undefined;
  readonly host: string | undefined;
}

/**
 * Reads token Secrets. Their values are in no cache; what is kept here is the last value of each Secret
 * at the resourceVersion it was read at, so that an unchanged Secret is not read again.
 */
export class TokenReader {
  readonly #read = new Map<string, { readonly version: string; readonly data: Readonly<Record<string, string>> }>();

  /** @param known the Secret's metadata from the cache. */
  async values(known: Secret, key: string, { writer, signal }: { writer: Writer; signal: AbortSignal }): Promise<TokenValues> {
    const { namespace = '', name, uid = '', resourceVersion: version = '' } = known.metadata;
    const held = this.#read.get(uid);
    if (held?.version === version) return decoded(held.data, key);

    const secret = await writer.read(SECRET, { namespace, name }, signal);
    if (secret === undefined) return { token: undefined, host: undefined };
    this.remember(secret);
    return decoded(secret.data ?? {}, key);
  }

  /** Keeps what the server answered to a write, so that it need not be read again. */
  remember({ metadata, data = {} }: Secret): void {
    this.#read.set(metadata.uid ?? '', { version: metadata.resourceVersion ?? '', data });
  }
}

function decoded(data: Readonly<Record<string, string>>, key: string): TokenValues {
  const value = (name: string): string | undefined => {
    const text = Buffer.from(data[name] ?? '', 'base64').toString('utf8');
    return text === '' ? undefined : text;
  };
  return { token: value(key), host: value(NATS_SECRET_HOST_KEY) };
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
