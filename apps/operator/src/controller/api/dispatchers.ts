import { createSecureContext, type SecureContext } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import { EXTRA_CONNECTIONS, REQUEST_CONNECTIONS } from './request-turns.ts';

/** Connections for urgent requests. Each watch also has a connection of its own. */
const URGENT_CONNECTIONS = 1;

/** The client library uses Node's TLS options; undici's type for the same options spells "absent" differently. */
type TlsOptions = Exclude<NonNullable<Agent.Options['connect']>, (...parameters: never) => unknown>;

/** Dispatchers of requests to their connections. */
export interface Dispatchers {
  /** Identifies the certificates and keys of the connections. */
  readonly fingerprint: string;
  readonly requests: Dispatcher;
  /** For requests while those before them wait for slow responses. */
  readonly extra: Dispatcher;
  readonly urgent: Dispatcher;
  readonly streams: Dispatcher;
}

interface SharedTls {
  readonly secureContext?: SecureContext;
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

/**
 * Dispatchers for a cluster and TLS options: `present` itself if these are unchanged, otherwise new ones. In that case, `present` is
 * closed when its requests in flight have ended.
 *
 * @throws Error for a SOCKS proxy.
 */
export function dispatchersFor(
  kubeConfig: KubeConfig,
  tls: Readonly<Record<string, unknown>>,
  present: Dispatchers | undefined,
): Dispatchers {
  const given = Object.fromEntries(TLS_FIELDS.filter((field) => tls[field] !== undefined).map((field) => [field, tls[field]]));
  const fingerprint = Object.values(given).map(String).join('\0');
  if (present?.fingerprint === fingerprint) return present;
  // Shared by all connections: otherwise Node creates one for each, and parses certificates and key again.
  const shared = Object.keys(given).length === 0 ? {} : { ...given, secureContext: createSecureContext(given) };
  const made = {
    fingerprint,
    requests: pooled(kubeConfig, shared, { connections: REQUEST_CONNECTIONS }),
    extra: pooled(kubeConfig, shared, { connections: EXTRA_CONNECTIONS }),
    urgent: pooled(kubeConfig, shared, { connections: URGENT_CONNECTIONS }),
    streams: pooled(kubeConfig, shared, {}),
  };
  void present?.requests.close();
  void present?.extra.close();
  void present?.urgent.close();
  void present?.streams.close();
  return made;
}

function pooled(kubeConfig: KubeConfig, { secureContext, ...tls }: SharedTls, pool: { readonly connections?: number }): Dispatcher {
  const options = kubeConfig.createDispatcherOptions(kubeConfig.getCurrentCluster(), tls);
  // Each watch has its own connection, so that a stalled one can be closed without affecting the others.
  const common = { ...pool, allowH2: false };
  switch (options.type) {
    case 'agent':
      return new Agent({ ...common, connect: { ...options.connect, secureContext } as TlsOptions });
    case 'proxy':
      return new ProxyAgent({ ...common, uri: options.uri, requestTls: { ...options.requestTls, secureContext } as TlsOptions });
    case 'none':
      return new Agent(common);
    case 'socks':
      throw new Error(`proxy-url ${options.uri} of the kubeconfig is a SOCKS proxy, which is not supported: use an HTTP proxy`);
  }
}
