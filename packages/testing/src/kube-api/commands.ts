import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ApiConnection } from './connection.ts';
import { type ApiResource, type ApiResources, pathOf } from './resources.ts';

const OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  type: { type: 'string' },
  patch: { type: 'string', short: 'p' },
  subresource: { type: 'string' },
  overwrite: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  'ignore-not-found': { type: 'boolean' },
  wait: { type: 'string' },
} as const;

type Option = keyof typeof OPTIONS;

/** A command for one object. */
interface Command {
  readonly resource: ApiResource;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  /** Positional arguments after the name. */
  readonly more: readonly string[];
  readonly options: Readonly<Partial<Record<Option, string | boolean>>>;
}

interface Stored {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const VERBS = new Set(['get', 'patch', 'annotate', 'delete']);

const DELETION_PAUSE_MS = 20;

/**
 * Runs frequent commands of `kubectl` for one object by the requests that `kubectl` sends, but without its process, whose start takes
 * longer than most of the waits in tests.
 */
export class ApiCommands {
  readonly #connection: ApiConnection;
  readonly #resources: ApiResources;

  constructor(connection: ApiConnection, resources: ApiResources) {
    this.#connection = connection;
    this.#resources = resources;
  }

  /** @returns the output of `kubectl`; `undefined` for commands, and failures, that only `kubectl` itself can handle. */
  async run(args: readonly string[]): Promise<string | undefined> {
    if (!VERBS.has(args[0] ?? '')) return undefined;
    const command = await this.#parsed(args);
    return command && this.#run(args[0] ?? '', command);
  }

  #run(verb: string, command: Command): Promise<string | undefined> {
    switch (verb) {
      case 'patch':
        return this.#patch(command);
      case 'annotate':
        return this.#annotate(command);
      case 'delete':
        return this.#delete(command);
      default:
        return this.#name(command);
    }
  }

  async #parsed(args: readonly string[]): Promise<Command | undefined> {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: false });
    const [, ...words] = positionals;
    const [kind = '', name = '', ...more] = words[0]?.includes('/') === true ? [...words[0].split('/'), ...words.slice(1)] : words;
    const { namespace = 'default', ...options } = values;
    if (name === '' || typeof namespace !== 'string' || !Object.entries(options).every(isComplete)) return undefined;
    const resource = await this.#resources.find(({ names }) => names.includes(kind));
    return resource && { resource, namespace, name, path: pathOf(resource, { name, namespace }), more, options };
  }

  /** `get KIND NAME -o name`. */
  async #name({ resource, name, path, more, options }: Command): Promise<string | undefined> {
    if (more.length > 0 || !hasOnly(options, ['output', 'ignore-not-found']) || options.output !== 'name') return undefined;
    const answer = await this.#connection.send(path);
    if (answer?.code === 404 && options['ignore-not-found'] === true) return '';
    return answer?.code === 200 ? `${shownName(resource)}/${name}\n` : undefined;
  }

  /** `patch KIND NAME --type=merge -p PATCH`. */
  async #patch({ resource, name, path, more, options }: Command): Promise<string | undefined> {
    const { type, patch, subresource } = options;
    if (more.length > 0 || !hasOnly(options, ['type', 'patch', 'subresource']) || type !== 'merge' || typeof patch !== 'string')
      return undefined;
    const whole = subresource === undefined ? path : `${path}/${subresource}`;
    const before = await this.#stored(whole);
    const after = before && (await this.#merge(whole, { body: patch, manager: 'kubectl-patch' }));
    if (after === undefined) return undefined;
    const isSame = after.metadata.resourceVersion === before?.metadata.resourceVersion;
    return `${shownName(resource)}/${name} patched${isSame ? ' (no change)' : ''}\n`;
  }

  /** `annotate KIND NAME KEY=VALUE KEY-`. */
  async #annotate({ resource, name, path, more, options }: Command): Promise<string | undefined> {
    if (more.length === 0 || !more.every((each) => /=|-$/.test(each)) || !hasOnly(options, ['overwrite'])) return undefined;
    const annotations = Object.fromEntries(more.map(annotationOf));
    const before = await this.#stored(path);
    const isTaken = ([key, value]: readonly [string, string | null]) => value !== null && before?.metadata.annotations?.[key] !== undefined;
    // kubectl refuses these, with an explanation.
    if (before === undefined || (options.overwrite !== true && Object.entries(annotations).some(isTaken))) return undefined;
    const after = await this.#merge(path, { body: JSON.stringify({ metadata: { annotations } }), manager: 'kubectl-annotate' });
    return after && `${shownName(resource)}/${name} annotated\n`;
  }

  /** `delete KIND NAME`, which waits until the object is gone unless `--wait=false`. */
  async #delete({ resource, namespace, name, path, more, options }: Command): Promise<string | undefined> {
    if (more.length > 0 || !hasOnly(options, ['wait']) || ![undefined, 'true', 'false'].includes(options.wait as string | undefined)) {
      return undefined;
    }
    const before = await this.#stored(path);
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' });
    const answer = before && (await this.#connection.send(path, { method: 'DELETE', body }));
    if (answer?.code !== 200 && answer?.code !== 202) return undefined;
    if (options.wait !== 'false' && !(await this.#isGone(path, before))) return undefined;
    return `${shownName(resource)} "${name}" deleted${resource.isNamespaced ? ` from ${namespace} namespace` : ''}\n`;
  }

  async #stored(path: string): Promise<Stored | undefined> {
    const answer = await this.#connection.send(path);
    return answer?.code === 200 ? (answer.body as Stored) : undefined;
  }

  /** Waits until the object is gone. @returns false if the API server does not respond. */
  async #isGone(path: string, object: Stored | undefined): Promise<boolean> {
    for (;;) {
      const answer = await this.#connection.send(path);
      if (answer === undefined) return false;
      if (answer.code === 404 || (answer.code === 200 && (answer.body as Stored).metadata.uid !== object?.metadata.uid)) return true;
      await wait(DELETION_PAUSE_MS);
    }
  }

  async #merge(path: string, { body, manager }: { readonly body: string; readonly manager: string }): Promise<Stored | undefined> {
    const query = `?fieldManager=${manager}`;
    const answer = await this.#connection.send(path + query, { method: 'PATCH', contentType: 'application/merge-patch+json', body });
    return answer?.code === 200 ? (answer.body as Stored) : undefined;
  }
}

/** Whether an option is known, with a value if it needs one. */
function isComplete([name, value]: readonly [string, unknown]): boolean {
  return name in OPTIONS && typeof value === OPTIONS[name as Option].type;
}

function hasOnly(options: Command['options'], allowed: readonly Option[]): boolean {
  return Object.keys(options).every((name) => allowed.some((each) => each === name));
}

/** `KEY=VALUE`, or `KEY-` which removes it. */
function annotationOf(text: string): readonly [string, string | null] {
  const at = text.indexOf('=');
  return at < 0 ? [text.replace(/-$/, ''), null] : [text.slice(0, at), text.slice(at + 1)];
}

/** `deployment.apps`, as `kubectl` prints it. */
function shownName({ apiVersion, kind }: ApiResource): string {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
  return kind.toLowerCase() + (group === '' ? '' : `.${group}`);
}
