import { ERROR_CODES, EeveeError } from '../errors.ts';

/** Servers to connect to, read from what `NATS_HOST` holds. */
export interface NatsServers {
  /** `host` or `host:port`, one for each server. */
  readonly hosts: readonly string[];
  /** Whether one of them asked for TLS; then it is required of all, so that the credentials never go out in clear. */
  readonly requiresTls: boolean;
  /** Credentials that stood in front of an `@`. */
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

const invalid = (shown: string, problem: string): EeveeError =>
  // Without the error of the URL parser as its cause: that one shows all of the text, credentials included.
  new EeveeError(
    ERROR_CODES.natsHostInvalid,
    `"${shown}" is not a NATS host: ${problem}; use host, host:port, nats://host:port or tls://host:port`,
  );

/** What may be shown of a host, in logs and errors. */
export const withoutCredentials = (text: string): string => text.replaceAll(/((?:^|,)\s*(?:[a-z][a-z0-9+.-]*:\/\/)?)[^,]*@/gi, '$1');

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** An IPv6 address without brackets cannot be told from one with a port, so brackets are put around what has two colons at least. */
const bracketed = (host: string): string => (!host.includes('[') && host.split(':').length > 2 ? `[${host}]` : host);

function urlOf(text: string): URL {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const shown = withoutCredentials(text);
  if (scheme !== undefined && scheme !== 'nats' && scheme !== 'tls') throw invalid(shown, `${scheme}:// cannot be connected to`);
  const full = scheme === undefined ? `nats://${text.includes('@') ? text : bracketed(text)}` : text;
  const url = URL.parse(full);
  if (url === null || url.hostname === '') throw invalid(shown, 'it cannot be read');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') throw invalid(shown, 'it has a path');
  return url;
}

function credentialsOf(urls: readonly URL[], shown: string): Pick<NatsServers, 'user' | 'password' | 'token'> {
  const given = [...new Set(urls.map(({ username, password }) => JSON.stringify([username, password])))].filter(
    (each) => each !== '["",""]',
  );
  if (given.length > 1) throw invalid(shown, 'its servers have different credentials');
  const found = urls.find(({ username, password }) => username !== '' || password !== '');
  if (found === undefined) return {};
  try {
    const [username, password] = [found.username, found.password].map(decodeURIComponent) as [string, string];
    return password === '' ? { token: username } : { user: username, password };
  } catch {
    throw invalid(shown, 'its credentials are not percent-encoded');
  }
}

/**
 * Reads a list of NATS servers: `host`, `host:port`, `nats://host:port` or `tls://host:port`, separated by commas, each with `user:password@`
 * or `token@` in front of the host where the servers want them.
 *
 * @throws EeveeError `EEVEE_NATS_HOST_INVALID`, whose message names no credentials.
 * @example
 * natsServers('tls://a:4222, b'); // { hosts: ['a:4222', 'b:4222'], requiresTls: true }
 */
export function natsServers(text: string): NatsServers {
  const entries = text.split(',').map((entry) => entry.trim());
  const urls = entries.map(urlOf);
  return {
    hosts: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? 4222 : port}`),
    requiresTls: urls.some(({ protocol }) => protocol === 'tls:'),
    ...credentialsOf(urls, withoutCredentials(text)),
  };
}
