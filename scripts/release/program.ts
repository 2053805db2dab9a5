import { execFile, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/** A program that a release step runs has failed. The message ends with its standard error. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program at the terminal. @throws {ProgramError} unless it ends with code 0. */
export async function runProgram(command: string, args: readonly string[], { cwd, env }: ProgramOptions = {}): Promise<void> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env }, ...(cwd !== undefined && { cwd }) });
  const end = await new Promise<string | number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(new ProgramError(`${command} could not be started`, { cause })));
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  if (end !== 0) throw new ProgramError(`${command} ${args.slice(0, 2).join(' ')}: ended with ${end}`);
}

/** Runs a program and gives its standard output. @throws {ProgramError} unless it ends with code 0. */
export async function outputOf(command: string, args: readonly string[]): Promise<string> {
  return (await capture(command, args)).stdout;
}

/** Runs a program and gives its standard output, followed by its standard error. @throws {ProgramError} unless it ends with code 0. */
export async function allOutputOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await capture(command, args);
  return `${stdout}\n${stderr}`;
}

function capture(command: string, args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else reject(new ProgramError(`${command} ${args.slice(0, 2).join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}

/** Gives a value to later steps of the workflow; prints it where no workflow runs. */
export function setOutput(name: string, value: string): void {
  const file = process.env['GITHUB_OUTPUT'];
  if (file !== undefined && file !== '') appendFileSync(file, `${name}=${value}\n`);
  console.log(`${name}: ${value}`);
}
