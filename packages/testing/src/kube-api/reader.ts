import { parseArgs } from 'node:util';
import type { ApiConnection } from './connection.ts';
import { type ApiResources, pathOf } from './resources.ts';

/** Parsed arguments, such as `deployment echo -n bots` or `pods -l app=echo`. */
interface Wanted {
  readonly kind: string;
  readonly name: string | undefined;
  readonly namespace: string;
  /** Query of a list, with its `?`; otherwise empty. */
  readonly query: string;
}

const OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  selector: { type: 'string', short: 'l' },
  'field-selector': { type: 'string' },
} as const;

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
  readonly #connection: ApiConnection;
  readonly #resources: ApiResources;

  constructor(connection: ApiConnection, resources: ApiResources) {
    this.#connection = connection;
    this.#resources = resources;
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
    const resource = await this.#resources.find(({ names }) => names.includes(wanted.kind));
    if (resource === undefined) return undefined;
    const answer = await this.#connection.send(pathOf(resource, wanted) + wanted.query);
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
}

/** Parses arguments of `kubectl get` that name one object, or all or selected objects of a kind; undefined for all others. */
function plainly(args: readonly string[]): Wanted | undefined {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: false });
  const { namespace = 'default', selector, 'field-selector': fields, ...others } = values;
  const [kind, name, ...more] = positionals;
  const isComplete = Object.values(values).every((value) => typeof value === 'string') && Object.keys(others).length === 0;
  const isPlain = more.length === 0 && !positionals.some((each) => /[,/]/.test(each));
  if (kind === undefined || typeof namespace !== 'string' || !isComplete || !isPlain) return undefined;
  const query = queryOf({ labelSelector: selector, fieldSelector: fields });
  // One object by its name cannot be selected at the same time.
  return query !== '' && name !== undefined ? undefined : { kind, name, namespace, query };
}

function queryOf(parameters: Readonly<Record<string, string | boolean | undefined>>): string {
  const given = Object.entries(parameters).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function withoutManagers(found: Found): Found {
  const { managedFields: _, ...metadata } = { managedFields: undefined, ...found.metadata };
  return { ...found, metadata };
}
