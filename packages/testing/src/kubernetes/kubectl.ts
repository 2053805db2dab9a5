import { execFile } from 'node:child_process';
import { binary, GO_ENVIRONMENT } from '../programs/binaries.ts';
import { ApiApplier, FIELD_MANAGER } from '../kube-api/applier.ts';
import { ApiCommands } from '../kube-api/commands.ts';
import { ApiConnection } from '../kube-api/connection.ts';
import { ApiReader } from '../kube-api/reader.ts';
import { ApiResources } from '../kube-api/resources.ts';

export interface KubectlOptions {
  /** Text for its standard input (`-f -`). */
  readonly input?: string;
  /** Kubeconfig to use instead of the administrator's. */
  readonly kubeconfig?: string;
}

/** `kubectl` refused or failed; the message is what it wrote to its standard error. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
}

/** Runs `kubectl` and gives its output. @throws {KubectlError} */
export function runKubectl(args: readonly string[], { input = '', kubeconfig }: { input?: string; kubeconfig: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      binary('kube'),
      ['kubectl', '--kubeconfig', kubeconfig, ...args],
      { env: { ...process.env, ...GO_ENVIRONMENT }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new KubectlError(`kubectl ${args.join(' ')}: ${stderr.trim() || stdout.trim() || error.message}`, { cause: error }));
      },
    );
    // It may end without reading its input, for example on a bad flag: its own message is more useful than a closed pipe.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(input);
  });
}

/** Requests that need no process of `kubectl`. */
interface DirectRequests {
  readonly reader: ApiReader;
  readonly applier: ApiApplier;
  readonly commands: ApiCommands;
}

/** Common functions of all clusters. */
export abstract class KubectlClient {
  #api: DirectRequests | undefined;

  /** Path of a kubeconfig with all rights. */
  abstract get kubeconfig(): string;

  /**
   * Runs `kubectl` as the administrator and gives its output. Frequent commands for one object need no process: the same requests are sent
   * directly.
   *
   * @throws {KubectlError} with what it wrote to its standard error.
   */
  async kubectl(args: readonly string[], { input, kubeconfig = this.kubeconfig }: KubectlOptions = {}): Promise<string> {
    const isOurs = input === undefined && kubeconfig === this.kubeconfig;
    const said = isOurs ? await this.#direct().commands.run(args) : undefined;
    return said ?? runKubectl(args, { kubeconfig, ...(input !== undefined && { input }) });
  }

  /** Applies objects, given as values. @throws {KubectlError} */
  async apply(...objects: readonly object[]): Promise<void> {
    await this.#applyAgain(await this.#direct().applier.apply(objects));
  }

  /** Has the API server check objects that would be applied. @throws {KubectlError} */
  async dryRun(...objects: readonly object[]): Promise<void> {
    await this.#applyAgain(await this.#direct().applier.apply(objects, { isDryRun: true }), '--dry-run=server');
  }

  /** Applies refused objects again by kubectl, because its message is the one that users read. */
  async #applyAgain(refused: readonly object[], ...options: readonly string[]): Promise<void> {
    if (refused.length === 0) return;
    await this.kubectl(['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, ...options, '-f', '-'], {
      input: refused.map((object) => JSON.stringify(object)).join('\n---\n'),
    });
  }

  /** @throws {KubectlError} if the API server refuses it. */
  async createNamespace(name: string): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  /** An object, or a list, as JSON: `get<Pod>('pod', 'echo', '-n', 'bots')`. @throws {KubectlError} */
  async get<T>(...args: readonly string[]): Promise<T> {
    const read = await this.#direct()
      .reader.get(args)
      .catch((cause: Error) => {
        throw new KubectlError(`kubectl get ${args.join(' ')}: ${cause.message}`, { cause });
      });
    if (read !== undefined) return read as T;
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json'])) as T;
  }

  #direct(): DirectRequests {
    if (this.#api !== undefined) return this.#api;
    const connection = new ApiConnection(this.kubeconfig);
    const resources = new ApiResources(connection);
    this.#api = {
      reader: new ApiReader(connection, resources),
      applier: new ApiApplier(connection, resources),
      commands: new ApiCommands(connection, resources),
    };
    return this.#api;
  }
}
