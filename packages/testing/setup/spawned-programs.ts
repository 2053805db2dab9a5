/** A program that a source file starts by a name in quotes. */
export interface SpawnedProgram {
  readonly name: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Functions of node:child_process that start a program. */
const STARTERS = ['spawn', 'spawnSync', 'execFile', 'execFileSync', 'exec', 'execSync'];

/** Names that a file gives to such a function: `const run = promisify(execFile)`, `const run = (command: string, …) =>`. */
const OWN_STARTER = /\bconst (\w+)(?:: [^=]+)? = (?:promisify\(exec|(?:async )?\(command: string)/g;

/** Finds the programs that a source file starts by a literal name: as the first argument of a call, or as a server's `command`. */
export function spawnedPrograms(source: string): readonly SpawnedProgram[] {
  const starters = [...STARTERS, ...[...source.matchAll(OWN_STARTER)].map(([, name = '']) => name)];
  const server = source.includes('ServerProcess.start') ? String.raw`|\bcommand: ` : '';
  const call = new RegExp(String.raw`(?:(?<![\w.#])(?:${starters.join('|')})\(\s*${server})(['"\x60])([^'"\x60$\n]+)\1`, 'g');
  return [...source.matchAll(call)].map(({ index, 2: text = '' }) => ({
    // `exec` and `execSync` take a whole line of shell.
    name: text.trim().split(/\s/)[0] ?? '',
    line: source.slice(0, index).split('\n').length,
  }));
}
