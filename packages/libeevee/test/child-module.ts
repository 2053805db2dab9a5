import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '@eeveebot/testing';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const started = new Set<ChildModule>();

/** A module in a process of its own: the given code, run in this package's folder. */
export class ChildModule {
  readonly #process: ChildProcess;
  readonly exited: Promise<Exit>;
  output = '';
  #ended = false;

  /** @param code TypeScript that imports from `./src/…`. */
  constructor(code: string, env: Readonly<Record<string, string>> = {}) {
    const args = ['--conditions=@eeveebot/source', '--input-type=module-typescript', '--eval', code];
    this.#process = spawn(process.execPath, args, {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(this.#process, 'close').then(([code_, signal]: unknown[]) => {
      started.delete(this);
      this.#ended = true;
      return { code: code_ as number | null, signal: signal as NodeJS.Signals | null };
    });
    started.add(this);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Waits until `text` has been written; fails at once when the module ends without. */
  async says(text: string): Promise<void> {
    const written = await eventually(() => this.output.includes(text) || (this.#ended && 'ended'), { what: `the module to say "${text}"` });
    if (written !== true) throw new Error(`the module ended without saying "${text}":\n${this.output}`);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Ends what a failed test left running. */
export async function killChildModules(): Promise<void> {
  await Promise.all([...started].map((child) => (child.kill(), child.exited)));
}
