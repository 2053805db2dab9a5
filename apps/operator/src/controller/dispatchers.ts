import { createSecureContext, type SecureContext } from 'node:tls';
import type { KubeConfig } from '@kubernetes/client-node';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';

/** Connections for requests and for urgent ones; each watch has one of its own besides. */
const REQUEST_CONNECTIONS = 4;
const URGENT_CONNECTIONS = 1;

/** The client library's TLS options are Node's; undici's type of the same differs in how it spells "absent". */
type TlsOptions = Exclude<NonNullable<Agent.Options['connect']>, (...parameters: never) => unknown>;

/** What passes requests on to their connections. */
export interface Dispatchers {
  /** Certificates and keys that the connections were made with. */
  readonly fingerprint: string;
  readonly requests: Dispatcher;
  readonly urgent: Dispatcher;
  readonly streams: Dispatcher;
}

/** A request that may ask for permission at the last moment. */
export interface GuardedOptions extends Dispatcher.RequestOptions {
  /** Throws when the request may not be sent after all. */
  readonly permit: (() => void) | undefined;
}

interface SharedTls {
  readonly secureContext?: SecureContext;
}

const TLS_FIELDS = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'servername'] as const;

/**
 * Dispatchers for a cluster and TLS options: `present` itself while these are the same, else new ones; then those present are closed when
 * the requests under way on them have ended.
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
  // One for all connections: Node makes one for each otherwise, with certificates and key parsed again.
  const shared = Object.keys(given).length === 0 ? {} : { ...given, secureContext: createSecureContext(given) };
  const made = {
    fingerprint,
    requests: guarded(kubeConfig, shared, { connections: REQUEST_CONNECTIONS }),
    urgent: guarded(kubeConfig, shared, { connections: URGENT_CONNECTIONS }),
    streams: guarded(kubeConfig, shared, {}),
  };
  void present?.requests.close();
  void present?.urgent.close();
  void present?.streams.close();
  return made;
}

const guarded = (kubeConfig: KubeConfig, tls: SharedTls, pool: { readonly connections?: number }): Dispatcher =>
  pooled(kubeConfig, tls, pool).compose(askingPermit);

function pooled(kubeConfig: KubeConfig, { secureContext, ...tls }: SharedTls, pool: { readonly connections?: number }): Dispatcher {
  const options = kubeConfig.createDispatcherOptions(kubeConfig.getCurrentCluster(), tls);
  // Each watch on a connection of its own: one that stalls is closed without harm to the others.
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

/** Asks for permission when a request is about to be written to its connection: until then it may have waited behind others. */
const askingPermit: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { permit } = options as Partial<GuardedOptions>;
  if (permit === undefined) return dispatch(options, handler);
  const start = handler.onRequestStart?.bind(handler);
  handler.onRequestStart = (controller, context) => {
    permit();
    start?.(controller, context);
  };
  return dispatch(options, handler);
};
