import { execFile } from 'node:child_process';
import { ApiReader } from './api-reader.ts';
import { binary } from './binaries.ts';

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
      { maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new KubectlError(`kubectl ${args.join(' ')}: ${stderr.trim() || stdout.trim() || error.message}`, { cause: error }));
      },
    );
    // It may end without reading its input, as on a bad flag: its own message says more than a closed pipe does.
    child.stdin?.on('error', () => child.stdin?.destroy());
    child.stdin?.end(input);
  });
}

/** Common functions of all clusters. */
export abstract class KubectlClient {
  #reader: ApiReader | undefined;

  /** Path of a kubeconfig with all rights. */
  abstract get kubeconfig(): string;

  /** Runs `kubectl` as the administrator and gives its output. @throws {KubectlError} with what it wrote to its standard error. */
  kubectl(args: readonly string[], { input, kubeconfig = this.kubeconfig }: KubectlOptions = {}): Promise<string> {
    return runKubectl(args, { kubeconfig, ...(input !== undefined && { input }) });
  }

  /** Applies objects, given as values. */
  async apply(...objects: readonly object[]): Promise<void> {
    await this.kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=test', '-f', '-'], {
      input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    });
  }

  /** An object, or a list, as JSON: `get<Pod>('pod', 'echo', '-n', 'bots')`. @throws {KubectlError} */
  async get<T>(...args: readonly string[]): Promise<T> {
    this.#reader ??= new ApiReader(this.kubeconfig);
    const read = await this.#reader.get(args).catch((cause: Error) => {
      throw new KubectlError(`kubectl get ${args.join(' ')}: ${cause.message}`, { cause });
    });
    if (read !== undefined) return read as T;
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json'])) as T;
  }
}
