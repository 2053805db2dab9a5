import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { buildBundle } from './bundle.ts';
import { bundleName } from './bundle-name.ts';

/**
 * The bundle of an app as in its image: the only file of a folder, so that nothing can be loaded from `node_modules`.
 *
 * @param app folder of the app.
 * @returns the path of the bundle; {@link removeBundle} removes its folder.
 */
export function bundleApp(app: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-bundle-'));
  const name = bundleName(app);
  const built = join(folder, `built${extname(name)}`);
  buildBundle(app, built);
  const bundle = join(folder, name);
  copyFileSync(built, bundle);
  return bundle;
}

export const removeBundle = (bundle: string): void => rmSync(dirname(bundle), { recursive: true, force: true });

/** A running bundle, and its output. */
export class BundledProcess implements AsyncDisposable {
  /** Port of its HTTP server. */
  readonly port: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  output = '';
  readonly #process: ChildProcess;

  /** @param given.folder in which it runs; by default, that of the bundle. */
  constructor(given: { readonly bundle: string; readonly port: number; readonly folder?: string; readonly env: NodeJS.ProcessEnv }) {
    const { bundle, port, folder = dirname(bundle), env } = given;
    this.port = port;
    this.#process = spawn(process.execPath, [bundle], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', HTTP_API_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(this.#process, 'close').then(() => ({ code: this.#process.exitCode, signal: this.#process.signalCode }));
  }

  /** The complete lines of its log. */
  get lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves when `ready` does. @throws Error with its output if it ends before. */
  protected async whenReady(ready: Promise<unknown>): Promise<void> {
    const ended = this.exited.then(() => {
      throw new Error(`the process ended before it was ready:\n${this.output}`);
    });
    await Promise.race([ready, ended]);
    // The process ends later, when nothing waits for it here.
    ended.catch(() => {});
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }
}
