import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually, KEEPS_COMPILED_CODE } from '@eeveebot/testing';

/** Outcome of a process. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const started = new Set<ChildModule>();

/** A module in a separate process: the given code, run in the folder of this package. */
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
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...KEEPS_COMPILED_CODE, ...env },
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

  /** Waits until `text` has been written; fails immediately when the module exits without it. */
  async says(text: string): Promise<void> {
    const written = await eventually(() => this.output.includes(text) || (this.#ended && 'ended'), { what: `the module to say "${text}"` });
    if (written !== true) throw new Error(`the module ended without saying "${text}":\n${this.output}`);
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Kills processes that a failed test left running. */
export async function killChildModules(): Promise<void> {
  await Promise.all([...started].map((child) => (child.kill(), child.exited)));
}
