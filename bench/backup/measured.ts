import { execFileSync, spawnSync } from 'node:child_process';

/** One run of a program. */
export interface Measured {
  /** Wall time. */
  readonly seconds: number;
  /** User and system time of the process and its children. */
  readonly cpuSeconds: number;
  /** Resident memory of the largest process. */
  readonly mebibytes: number;
}

/**
 * Runs a program to its end. Syncs the disk first: a `sync` of one program would otherwise wait for data that another left to the kernel.
 *
 * @throws Error when the program fails.
 */
export function measured(
  command: readonly string[],
  { environment, cwd }: { readonly environment: Readonly<Record<string, string>>; readonly cwd: string },
): Measured {
  execFileSync('sync');
  const { status, stderr } = spawnSync('time', ['-f', '%e %U %S %M', ...command], {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, ...environment },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  const [seconds = 0, user = 0, system = 0, kibibytes = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, cpuSeconds: user + system, mebibytes: Math.round(kibibytes / 1024) };
}

export const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
