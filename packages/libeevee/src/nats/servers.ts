import { ERROR_CODES, EeveeError } from '../errors.ts';

/** Servers to connect to, parsed from `NATS_HOST`. */
export interface NatsServers {
  /** `host` or `host:port` of each server. */
  readonly hosts: readonly string[];
  /** Whether one of them requires TLS; then it is required for all, so that credentials are never sent in clear text. */
  readonly requiresTls: boolean;
  /** User before an `@`. */
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

const invalid = (shown: string, problem: string): EeveeError =>
  // Without the error of the URL parser as the cause: that one quotes the whole text, including credentials.
  new EeveeError(
    ERROR_CODES.natsHostInvalid,
    `"${shown}" is not a NATS host: ${problem}; use host, host:port, nats://host:port or tls://host:port`,
  );

/** A server without credentials: a name or address, with or without a scheme and a port. */
const BARE_SERVER = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/)?(?:(?:[\da-f]*:){2,}[\da-f.]*|(?:\[[^\]]*\]|[^:\s]*)(?::\d*)?)\/?\s*$/i;

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

const CREDENTIALS = /^(\s*(?:[a-z][a-z0-9+.-]*:\/\/)?).*@/is;

/**
 * The servers of a list without credentials. A part before an `@` may begin a password with commas in it, unless it names a server and the
 * part with the `@` begins with a scheme: `fox:12` in `fox:12,34@host` looks like a server with a port.
 */
function shownServers(text: string): readonly string[] {
  const entries = text.split(',');
  const last = entries.findLastIndex((entry) => entry.includes('@'));
  const isServer = (entry: string): boolean => BARE_SERVER.test(entry) && SCHEME.test(entries[last]?.trim() ?? '');
  const cut = entries.findIndex((entry, index) => index < last && !entry.includes('@') && !isServer(entry));
  const isCut = (index: number): boolean => cut !== -1 && index >= cut && index < last;
  return entries.map((entry, index) => (isCut(index) ? '…' : entry.replace(CREDENTIALS, '$1')));
}

/** The host without credentials, for logs and errors. */
export const withoutCredentials = (text: string): string => shownServers(text).join(',');

/** An IPv6 address without brackets looks like an address with a port, so a host with two or more colons is put in brackets. */
const bracketed = (host: string): string => (!host.includes('[') && host.split(':').length > 2 ? `[${host}]` : host);

const hasPath = ({ pathname, search, hash }: URL): boolean => !['', '/'].includes(pathname) || search !== '' || hash !== '';

/** @param shown the text without credentials. */
function urlOf(text: string, shown: string): URL {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'nats' && scheme !== 'tls') throw invalid(shown, `${scheme}:// is not supported`);
  const full = scheme === undefined ? `nats://${text.includes('@') ? text : bracketed(text)}` : text;
  // Node.js 22.0 has no URL.parse.
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || url.hostname === '') throw invalid(shown, 'it cannot be parsed');
  if (hasPath(url)) throw invalid(shown, 'it has a path');
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
 * Parses a list of NATS servers: `host`, `host:port`, `nats://host:port` or `tls://host:port`, separated by commas, each optionally with
 * `user:password@` or `token@` before the host.
 *
 * @throws EeveeError `EEVEE_NATS_HOST_INVALID`, whose message contains no credentials.
 * @example
 * natsServers('tls://a:4222, b'); // { hosts: ['a:4222', 'b:4222'], requiresTls: true }
 */
export function natsServers(text: string): NatsServers {
  const entries = text.split(',').map((entry) => entry.trim());
  const shown = shownServers(text);
  if (shown.includes('…'))
    throw invalid(shown.join(','), 'if its credentials contain a comma, write it as %2C; otherwise write them before the first server');
  const urls = entries.map((entry, index) => urlOf(entry, shown[index]?.trim() ?? ''));
  return {
    hosts: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? 4222 : port}`),
    requiresTls: urls.some(({ protocol }) => protocol === 'tls:'),
    ...credentialsOf(urls, withoutCredentials(text)),
  };
}
