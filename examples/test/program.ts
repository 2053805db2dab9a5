import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { buildBundle, eventually, freePort } from '@eeveebot/testing';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles an app as in its image. */
export function bundleApp(app: string, file: string): void {
  buildBundle(`${ROOT}apps/${app}`, file);
}

/** A running program of a bot: a module, the router, or a connector. */
export class Program implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  private constructor(file: string, env: Readonly<Record<string, string>>) {
    this.#process = spawn(process.execPath, [file], {
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    this.#exited = once(this.#process, 'close');
  }

  /** Starts a program, and waits until it is ready. */
  static async start(file: string, env: Readonly<Record<string, string>>): Promise<Program> {
    const program = new Program(file, { HTTP_API_PORT: String(await freePort()), ...env });
    await program.logs('"ready"');
    return program;
  }

  /** Waits for a text in the log; fails when the program ends before. */
  async logs(text: string): Promise<void> {
    const found = await eventually(() => this.#output.includes(text) || (this.#process.exitCode !== null && 'ended'), {
      what: `a log line with ${text}`,
    });
    if (found !== true) throw new Error(`the program ended without logging ${text}:\n${this.#output}`);
  }

  /** Kills the program, and waits until it has ended. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
