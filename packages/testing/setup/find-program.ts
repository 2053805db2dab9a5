import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { packagesOf, type StepName } from './programs.ts';

/** Administrators' programs, which are not on every user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Options of a search for programs. */
export interface SearchOptions {
  /** Folders, joined as in PATH; default: the PATH of this process. */
  readonly path?: string;
}

/** Path of a program of this machine; undefined when it has none. */
export function findProgram(name: string, { path = process.env['PATH'] ?? '' }: SearchOptions = {}): string | undefined {
  return [...path.split(delimiter).filter((folder) => folder !== ''), ...SYSTEM_FOLDERS]
    .map((folder) => join(folder, name))
    .find((file) => isExecutable(file));
}

/**
 * Path of npm's own script (`npm`, `npx`): version managers put wrappers on the PATH that search for their own programs.
 * Undefined unless npm started this process.
 */
export function npmScript(name: string): string | undefined {
  const running = process.env['npm_execpath'];
  if (running?.endsWith('npm-cli.js') !== true) return undefined;
  const script = join(dirname(running), `${name}-cli.js`);
  return isExecutable(script) ? script : undefined;
}

/** Debian packages that a step needs and this machine lacks. */
export function missingPackages(step: StepName, search: SearchOptions = {}): readonly string[] {
  return packagesOf(step)
    .filter(
      ({ programs, files = [] }) =>
        programs.some((program) => findProgram(program, search) === undefined) || files.some((file) => !existsSync(file)),
    )
    .map((each) => each.package);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Absent, a broken link, or not readable for this user: not a program to start.
    return false;
  }
}
