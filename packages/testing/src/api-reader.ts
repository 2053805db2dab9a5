import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** A resource type as the API server describes it. */
interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Accepted names: plural, singular, short names. */
  readonly names: readonly string[];
}

/** @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
interface Discovery {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: 'Namespaced' | 'Cluster';
        readonly singularResource?: string;
        readonly shortNames?: readonly string[];
      }[];
    }[];
  }[];
}

/** A paused server does not answer. */
const TIMEOUT_MS = 10_000;

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Parsed arguments, such as `deployment echo -n bots`. */
interface Wanted {
  readonly kind: string;
  readonly name: string | undefined;
  readonly namespace: string;
}

interface Answer {
  readonly code: number;
  readonly body: unknown;
}

/** An object as the API server gives it. */
interface Found {
  readonly metadata?: object;
  readonly items?: readonly Found[];
}

/**
 * Reads objects directly from the API server. Tests poll objects until they have the expected state, and
 * `kubectl` needs a process and a tenth of a second for each read.
 */
export class ApiReader {
  readonly #server: string;
  readonly #agent: Agent;
  #resources: readonly Resource[] = [];

  /** @param kubeconfig path of one that {@link writeKubeconfig} wrote. */
  constructor(kubeconfig: string) {
    const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
      readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[];
      readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
    };
    const decoded = (text = '') => Buffer.from(text, 'base64');
    this.#server = clusters[0]?.cluster.server ?? '';
    this.#agent = new Agent({
      keepAlive: true,
      ca: decoded(clusters[0]?.cluster['certificate-authority-data']),
      cert: decoded(users[0]?.user['client-certificate-data']),
      key: decoded(users[0]?.user['client-key-data']),
    });
  }

  /**
   * Reads the object or `List` that `kubectl get ARGS -o json` would print, without `managedFields`.
   *
   * @returns `undefined` for arguments, kinds and failures that only `kubectl` itself can handle.
   * @throws Error with the text of `kubectl` when the object does not exist.
   */
  async get(args: readonly string[]): Promise<unknown> {
    const wanted = plainly(args);
    if (wanted === undefined) return undefined;
    const resource = await this.#resource(wanted.kind);
    if (resource === undefined) return undefined;
    const answer = await this.#read(pathOf(resource, wanted));
    if (answer?.code === 404) {
      const { reason = 'NotFound', message = '' } = answer.body as { readonly reason?: string; readonly message?: string };
      throw new Error(`Error from server (${reason}): ${message}`);
    }
    if (answer?.code !== 200) return undefined;
    const found = answer.body as Found;
    if (found.items === undefined) return withoutManagers(found);
    const { apiVersion, kind } = resource;
    const items = found.items.map((item) => ({ apiVersion, kind, ...withoutManagers(item) }));
    return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items };
  }

  async #resource(name: string): Promise<Resource | undefined> {
    const known = () => this.#resources.find(({ names }) => names.includes(name));
    if (known() === undefined) {
      const groups = await Promise.all(['/api', '/apis'].map((path) => this.#read(path, DISCOVERY)));
      this.#resources = groups.flatMap((answer) => (answer?.code === 200 ? resourcesOf(answer.body as Discovery) : []));
    }
    return known();
  }

  /** Resolves to `undefined` if there is no response. */
  #read(path: string, accept = 'application/json'): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const options = { agent: this.#agent, headers: { accept }, timeout: TIMEOUT_MS };
      const sent = request(this.#server + path, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('error', () => resolve(undefined));
        response.once('end', () => resolve({ code: response.statusCode ?? 0, body: parsed(text) }));
      });
      sent.once('error', () => resolve(undefined));
      sent.once('timeout', () => sent.destroy());
      sent.end();
    });
  }
}

/** Parses arguments of `kubectl get` that name one object or all objects of a kind; undefined for all others. */
function plainly(args: readonly string[]): Wanted | undefined {
  const at = args.indexOf('-n');
  const namespace = at < 0 ? 'default' : args[at + 1];
  const [kind, name, ...more] = at < 0 ? args : args.toSpliced(at, 2);
  if (kind === undefined || namespace === undefined || more.length > 0) return undefined;
  if ([kind, name ?? ''].some((each) => /^-|[,/]/.test(each))) return undefined;
  return { kind, name, namespace };
}

function pathOf({ apiVersion, plural, isNamespaced }: Resource, { name, namespace }: Wanted): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return [root, ...(isNamespaced ? ['namespaces', namespace] : []), plural, ...(name === undefined ? [] : [name])].join('/');
}

/** Resources of the preferred version of each group, those of the core group first, in the search order of `kubectl`. */
function resourcesOf({ items = [] }: Discovery): readonly Resource[] {
  return items.flatMap(({ metadata: { name: group } = {}, versions: [preferred] }) =>
    (preferred?.resources ?? []).map(({ resource, responseKind, scope, singularResource = '', shortNames = [] }) => ({
      apiVersion: group === undefined || group === '' ? (preferred?.version ?? '') : `${group}/${preferred?.version}`,
      kind: responseKind?.kind ?? '',
      plural: resource,
      isNamespaced: scope === 'Namespaced',
      names: [resource, singularResource, ...shortNames],
    })),
  );
}

function withoutManagers(found: Found): Found {
  const { managedFields: _, ...metadata } = { managedFields: undefined, ...found.metadata };
  return { ...found, metadata };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A truncated response, or one that is not from the API server.
    return undefined;
  }
}
