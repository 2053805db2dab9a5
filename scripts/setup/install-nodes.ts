import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import {
  type OlderNode,
  fileOf,
  findNode,
  nodesFolder,
  nodesObstacle,
  OLDER_NODES,
  packageOf,
  PINS,
} from '../../packages/testing/setup/node-versions.ts';
import { SetupError } from './setup-error.ts';

const run = promisify(execFile);

/**
 * Makes sure that the older versions of Node.js are there: in TEST_ASSETS, in the cache, or else from npm, which
 * compares them with the checksums of their lock file. Does nothing on a machine that npm has none for.
 *
 * @throws {SetupError} when npm cannot install them.
 */
export async function ensureNodes(): Promise<void> {
  if (nodesObstacle() !== undefined || allFound()) return;
  await withLock(`${nodesFolder()}.lock`, 'another installation of Node.js', async () => {
    // The previous holder of the lock may have installed them.
    if (!allFound()) await installNodes();
  });
}

function allFound(): boolean {
  return OLDER_NODES.every((major) => findNode(major) !== undefined);
}

async function installNodes(): Promise<void> {
  const target = nodesFolder();
  const started = `${basename(target)}.installing-`;
  // We hold the lock: what is there under this name is of an installation that was interrupted.
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(started)) rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
  const work = mkdtempSync(join(dirname(target), started));
  console.error(`installing Node.js ${OLDER_NODES.join(' and ')}, which published packages are tried on (once) …`);
  try {
    const whole = join(work, 'whole');
    mkdirSync(whole);
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(PINS, name), join(work, name));
    await npmCi(work);
    for (const major of OLDER_NODES) await keep(major, work, whole);
    // Only an incomplete one can be there: a whole one would have been used.
    rmSync(target, { recursive: true, force: true });
    renameSync(whole, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function npmCi(cwd: string): Promise<void> {
  try {
    await run('npm', ['ci', '--ignore-scripts', '--no-bin-links', '--no-audit', '--no-fund', '--loglevel=error'], { cwd });
  } catch (error) {
    throw new SetupError(`npm could not install Node.js ${OLDER_NODES.join(' and ')}: ${said(error)}`, { cause: error });
  }
}

/** Keeps only the program, of 190 MB. */
async function keep(major: OlderNode, work: string, whole: string): Promise<void> {
  const lock = JSON.parse(readFileSync(join(PINS, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version?: string }> };
  const path = `node_modules/${packageOf(major)}`;
  const target = join(whole, fileOf(major));
  try {
    renameSync(join(work, path, 'bin/node'), target);
    const { stdout } = await run(target, ['--version']);
    const wanted = `v${lock.packages[path]?.version}`;
    if (stdout.trim() !== wanted) throw new SetupError(`npm installed Node.js ${stdout.trim()} as ${wanted}`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    // npm leaves out what is optional when it cannot be had, and says nothing.
    throw new SetupError(`npm has not installed a Node.js ${major} that runs: ${said(error)}`, { cause: error });
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));
