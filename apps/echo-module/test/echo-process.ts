import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, freePort } from '@eeveebot/testing';

const app = fileURLToPath(new URL('..', import.meta.url));

/**
 * The bundle as in the image: the only file of a folder, so that nothing can be loaded from `node_modules`.
 *
 * @returns the folder, to be removed by {@link removeBundle}.
 */
export function bundleEcho(): string {
  const folder = mkdtempSync(join(tmpdir(), 'eevee-echo-'));
  const built = join(folder, 'built.mjs');
  execFileSync(process.execPath, [join(app, '../../scripts/bundle.mjs'), 'src/main.ts', built], { cwd: app, stdio: 'pipe' });
  copyFileSync(built, join(folder, 'echo-module.mjs'));
  return folder;
}

export const removeBundle = (folder: string): void => rmSync(folder, { recursive: true, force: true });

/** A running echo module. */
export class EchoProcess implements AsyncDisposable {
  readonly port: number;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  output = '';
  readonly #process: ChildProcess;

  private constructor(folder: string, port: number, env: Readonly<Record<string, string>>) {
    this.port = port;
    this.#process = spawn(process.execPath, [join(folder, 'echo-module.mjs')], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', HTTP_API_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(this.#process, 'close').then(() => ({ code: this.#process.exitCode, signal: this.#process.signalCode }));
  }

  /** Starts it, on a free port unless the environment names one. */
  static async start(folder: string, env: Readonly<Record<string, string>>): Promise<EchoProcess> {
    return new EchoProcess(folder, await freePort(), env);
  }

  /** The lines of its log. */
  get lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits until it has subscribed and registered. */
  async ready(): Promise<void> {
    const ended = this.exited.then(() => {
      throw new Error(`the module ended before it was ready:\n${this.output}`);
    });
    const ready = eventually(() => this.lines.some(({ msg }) => msg === 'ready'), { what: 'the module to be ready' });
    await Promise.race([ready, ended]);
    ended.catch(() => {}); // it ends sooner or later, after this was of interest
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
