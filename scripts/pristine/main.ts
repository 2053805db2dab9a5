/** `npm run test:pristine`: whether each command works as the first one on a machine that has only the programs that README requires. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { reportingSetupErrors } from '../setup/setup-error.ts';
import { makeBase } from './base.ts';
import { endIsolated, isolated, ProgramFailedError } from './namespaces.ts';
import { passedOnEnvironment } from './settings.ts';

const USAGE = `npm run test:pristine -- [options] [COMMAND …]

Makes a minimal Debian with git, Node.js 20 and Go in a temporary folder, clones what is committed into it, and runs each
COMMAND there, each in a fresh copy and as the first command after the clone. Default: "npm test". Others to try:
"npm run bench -- backup --runs 1", "npm run demo -- --once". Root on Linux. Leaves nothing behind, also when interrupted.

  --cache DIR   folder that holds the built Kubernetes between runs, as ~/.cache/eevee does; without it, each COMMAND builds it
  --help        this
`;

const ENTER = fileURLToPath(new URL('enter.sh', import.meta.url));
const BEGINNING = 'eevee-pristine-';
const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;

async function main(): Promise<number> {
  const options = parsedOptions();
  if (typeof options === 'number') return options;
  const uncommitted = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });
  if (uncommitted !== '') console.log(`not committed, so not in the clone:\n${uncommitted}`);
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${BEGINNING}${process.pid}-`));
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted = true;
      endIsolated();
    });
  }
  try {
    return await runCommands(folder, options);
  } catch (error) {
    if (!interrupted) throw error;
    console.error('interrupted');
    return EXIT_INTERRUPTED;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function runCommands(folder: string, { cache, commands }: { cache: string; commands: readonly string[] }): Promise<number> {
  const base = join(folder, 'base');
  await makeBase(base);
  const results: string[] = [];
  let failures = 0;
  for (const command of commands) {
    const root = join(folder, 'root');
    cpSync(base, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    console.log(`\n$ ${command}`);
    const started = performance.now();
    const code = await exitCodeIn(root, cache, command);
    if (code !== 0) failures += 1;
    results.push(`  exit code ${code}, ${Math.round((performance.now() - started) / 1000)} s: ${command}`);
    rmSync(root, { recursive: true, force: true });
  }
  console.log(`\non a clean machine\n${results.join('\n')}`);
  return failures === 0 ? 0 : 1;
}

async function exitCodeIn(root: string, cache: string, command: string): Promise<number> {
  // This PATH is for entering the root; the command gets the one of its root.
  const env = { ...passedOnEnvironment(process.env), PATH: process.env['PATH'] };
  try {
    await isolated(['bash', ENTER, root, cache, command], { env });
    return 0;
  } catch (error) {
    if (error instanceof ProgramFailedError && error.code !== 137) return error.code;
    throw error;
  }
}

function parsedOptions(): { readonly cache: string; readonly commands: readonly string[] } | number {
  try {
    const { values, positionals } = parseArgs({
      options: { cache: { type: 'string' }, help: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const cache = values.cache === undefined ? '' : resolve(values.cache);
    if (cache !== '') mkdirSync(cache, { recursive: true });
    return { cache, commands: positionals.length > 0 ? positionals : ['npm test'] };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
}

/** Folders of runs that were killed before they could remove theirs. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${BEGINNING}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

process.exitCode = await reportingSetupErrors(main);
