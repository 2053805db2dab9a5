import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary, GO_ENVIRONMENT } from '../programs/binaries.ts';

const CHARTS = fileURLToPath(new URL('../../../../charts', import.meta.url));

/** Charts of this repository. */
export type ChartName = 'crds' | 'operator' | 'bot' | 'eevee';

/** `helm` refused or failed; the message is what it wrote to its standard error. */
export class HelmError extends Error {
  override readonly name = 'HelmError';
}

export interface HelmOptions {
  /** Kubeconfig to use; without one, only commands that need no cluster work. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig; default: its current one. */
  readonly context?: string;
  /** Text for its standard input (`-f -`). */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

/** Runs helm with settings and caches of its own. */
export class Helm {
  readonly #folder: string;
  readonly #kubeconfig: string | undefined;
  readonly #program: 'helm' | 'helm4';

  private constructor(folder: string, kubeconfig: string | undefined, program: 'helm' | 'helm4') {
    this.#folder = folder;
    this.#kubeconfig = kubeconfig;
    this.#program = program;
  }

  /**
   * A helm with a copy of this repository's charts in `folder`, in which the umbrella's dependencies are in place.
   *
   * @param version major version of Helm.
   * @throws {HelmError} when a dependency does not resolve.
   * @example
   * const helm = await Helm.withCharts(folder, kube.kubeconfig);
   * await helm.run(['install', 'eevee', helm.chart('eevee'), '--namespace', 'bots']);
   */
  static async withCharts(folder: string, kubeconfig?: string, version: 3 | 4 = 3): Promise<Helm> {
    const helm = new Helm(folder, kubeconfig, version === 3 ? 'helm' : 'helm4');
    for (const name of ['crds', 'operator', 'bot', 'eevee'] as const) {
      await cp(join(CHARTS, name), helm.chart(name), { recursive: true });
    }
    await helm.run(['dependency', 'update', helm.chart('eevee')]);
    return helm;
  }

  /** Path of the copy of a chart. */
  chart(name: ChartName): string {
    return join(this.#folder, 'charts', name);
  }

  /** Runs helm and gives its output. @throws {HelmError} */
  run(args: readonly string[], { kubeconfig = this.#kubeconfig, context, input = '', signal }: HelmOptions = {}): Promise<string> {
    const home = join(this.#folder, 'helm-home');
    const env = {
      ...process.env,
      ...GO_ENVIRONMENT,
      HELM_CACHE_HOME: join(home, 'cache'),
      HELM_CONFIG_HOME: join(home, 'config'),
      HELM_DATA_HOME: join(home, 'data'),
      ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
    };
    const where = context === undefined ? [] : ['--kube-context', context];
    return new Promise((resolve, reject) => {
      const options = { env, maxBuffer: 64 * 1024 * 1024, ...(signal !== undefined && { signal }) };
      const child = execFile(binary(this.#program), [...where, ...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new HelmError(`helm ${args[0] ?? ''}: ${stderr.trim() || error.message}`, { cause: error }));
      });
      child.stdin?.on('error', () => child.stdin?.destroy());
      child.stdin?.end(input);
    });
  }
}
