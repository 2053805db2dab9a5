import { type ChildProcess, spawn } from 'node:child_process';

export interface IsolatedOptions {
  /** Variables of the program, instead of those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether its standard output is left out. */
  readonly quiet?: boolean;
}

/** A program ended with another exit code than 0. */
export class ProgramFailedError extends Error {
  override readonly name = 'ProgramFailedError';
  readonly code: number;

  constructor(command: string, code: number) {
    super(`${command} ended with exit code ${code}`);
    this.code = code;
  }
}

const running = new Set<ChildProcess>();

/**
 * Runs a program in its own mount and PID namespaces: its mounts are invisible outside, and all its processes end with it and with this
 * process.
 *
 * @throws {ProgramFailedError}
 */
export async function isolated(
  [command = '', ...args]: readonly string[],
  { env = process.env, quiet = false }: IsolatedOptions = {},
): Promise<void> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, command, ...args], {
    env,
    stdio: ['ignore', quiet ? 'ignore' : 'inherit', 'inherit'],
    // Not in the terminal's process group: this process forwards an interruption, once.
    detached: true,
  });
  running.add(child);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 137));
  });
  running.delete(child);
  if (code !== 0) throw new ProgramFailedError(command, code);
}

/** Ends all processes in the namespaces. */
export function endIsolated(): void {
  for (const child of running) child.kill('SIGKILL');
}
