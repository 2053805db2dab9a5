import type { ApiConnection } from './connection.ts';

/** A resource type as the API server describes it. */
export interface ApiResource {
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

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** Resource types of an API server, read again whenever an unknown one is requested. */
export class ApiResources {
  readonly #connection: ApiConnection;
  #known: readonly ApiResource[] = [];

  constructor(connection: ApiConnection) {
    this.#connection = connection;
  }

  /** Resolves to the first match, in the search order of `kubectl`; undefined if the API server has none. */
  async find(matches: (resource: ApiResource) => boolean): Promise<ApiResource | undefined> {
    const known = this.#known.find(matches);
    if (known !== undefined) return known;
    const groups = await Promise.all(['/api', '/apis'].map((path) => this.#connection.send(path, { accept: DISCOVERY })));
    this.#known = groups.flatMap((answer) => (answer?.code === 200 ? resourcesOf(answer.body as Discovery) : []));
    return this.#known.find(matches);
  }
}

/** Path of an object, or without a name that of all objects in the namespace. */
export function pathOf(
  { apiVersion, plural, isNamespaced }: ApiResource,
  { name, namespace }: { readonly name: string | undefined; readonly namespace: string },
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const parts = [...(isNamespaced ? ['namespaces', namespace] : []), plural, ...(name === undefined ? [] : [name])];
  return [root, ...parts.map(encodeURIComponent)].join('/');
}

/** Resources of the preferred version of each group, those of the core group first, in the search order of `kubectl`. */
function resourcesOf({ items = [] }: Discovery): readonly ApiResource[] {
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
