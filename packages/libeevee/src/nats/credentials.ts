import { readFileSync } from 'node:fs';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { ERROR_CODES, EeveeError, reasonOf } from '../errors.ts';

type Secret = string | (() => string);

/** Credentials to connect with: one of these, or none if the server requires none or identifies clients by certificate. */
export interface NatsCredentials {
  /** A token. A function is called at each connection attempt, so that it can return a rotated token. */
  readonly natsToken?: Secret | undefined;
  /** A user, with {@link NatsCredentials.password}. */
  readonly user?: string | undefined;
  /** A function is called at each connection attempt. */
  readonly password?: Secret | undefined;
  /** The seed of an NKey (`SU…`). A function is called at each connection attempt. */
  readonly nkeySeed?: Secret | undefined;
  /** File with the seed of an NKey, read at each connection attempt. */
  readonly nkeyFile?: string | undefined;
  /** File with a JWT and the seed of its NKey, as `nsc generate creds` writes it, read at each connection attempt. */
  readonly credsFile?: string | undefined;
}

const valueOf = (secret: Secret | undefined): string => (typeof secret === 'function' ? secret() : (secret ?? ''));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text.trim());

/** Kind of the credentials, for messages: never the credentials themselves. */
export function kindOfCredentials({ credsFile, nkeyFile, nkeySeed, user, natsToken }: NatsCredentials): string {
  if (credsFile !== undefined) return 'credentials file';
  if (nkeyFile !== undefined || nkeySeed !== undefined) return 'NKey';
  if (user !== undefined) return 'user or password';
  return natsToken === undefined ? 'client' : 'token';
}

function authenticator(given: NatsCredentials): Authenticator {
  const { credsFile, nkeyFile, nkeySeed, user, password, natsToken } = given;
  if (credsFile !== undefined) return (nonce) => credsAuthenticator(readFileSync(credsFile))(nonce);
  if (nkeyFile !== undefined) return (nonce) => nkeyAuthenticator(bytesOf(readFileSync(nkeyFile, 'utf8')))(nonce);
  if (nkeySeed !== undefined) return (nonce) => nkeyAuthenticator(bytesOf(valueOf(nkeySeed)))(nonce);
  if (user !== undefined) return () => ({ user, pass: valueOf(password) });
  return natsToken === undefined ? () => {} : () => ({ auth_token: valueOf(natsToken) });
}

/**
 * Authenticates the client to the server. Credentials are read at each connection attempt. If they cannot be read, it sends empty ones,
 * which the server rejects: the next attempt reads them again.
 *
 * @param unreadable called with the reason in that case.
 */
export function natsAuthenticator(given: NatsCredentials, unreadable: (error: unknown) => void): Authenticator {
  const authenticate = authenticator(given);
  return (nonce) => {
    try {
      return authenticate(nonce);
    } catch (error) {
      unreadable(error);
      return undefined;
    }
  };
}

/**
 * Checks that the credentials can be read.
 *
 * @throws EeveeError `EEVEE_NATS_AUTHENTICATION` naming the file or key that cannot be read, and the reason.
 */
export function checkCredentials(given: NatsCredentials): void {
  try {
    authenticator(given)('nonce');
  } catch (error) {
    throw new EeveeError(ERROR_CODES.natsAuthentication, `cannot use the NATS ${kindOfCredentials(given)}: ${reasonOf(error)}`);
  }
}
