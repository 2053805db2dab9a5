import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { StepName } from '../../packages/testing/setup/programs.ts';
import { stepPath } from '../../packages/testing/setup/step-path.ts';

/** Takes the arguments after its name and returns the exit code. */
export type Command = (args: readonly string[]) => Promise<number>;

/**
 * Programs on the PATH of the started one: those declared for a step, or all programs of the user. The latter is for commands that use the
 * user's own kubeconfig, which may name a program for authentication.
 */
export type Programs = StepName | 'of the user';

/** Runs a program at the terminal and returns its exit code. */
export function runProgram(programs: Programs, command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: environment(programs) });
  // It receives the terminal's Ctrl-C itself, and this process returns its exit code.
  const ignore = () => undefined;
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', pass);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** Runs a program and returns its output, standard output and standard error in order. */
export async function captureProgram(
  programs: Programs,
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  // One pipe for both: two would lose the order.
  const child = spawn('/bin/sh', ['-c', 'exec "$@" 2>&1', 'sh', command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(programs),
  });
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 143)));
  });
  const [output, exitCode] = await Promise.all([text(child.stdout), code]);
  return { code: exitCode, output };
}

function environment(programs: Programs): NodeJS.ProcessEnv {
  return programs === 'of the user' ? process.env : { ...process.env, PATH: stepPath(programs) };
}
