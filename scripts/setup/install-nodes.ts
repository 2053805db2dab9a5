import { execFile } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
import { installOnce, npmCi } from './install-once.ts';
import { SetupError } from './setup-error.ts';
import { messageOf } from '../../packages/testing/setup/error-facts.ts';

const run = promisify(execFile);

const WHAT = `Node.js ${OLDER_NODES.join(' and ')}, for tests of the published packages`;

/**
 * Makes sure that the older versions of Node.js are there: in TEST_ASSETS, in the cache, or else from npm, which
 * compares them with the checksums of their lock file. Does nothing on a machine that npm has none for.
 *
 * @throws {SetupError} when npm cannot install them.
 */
export async function ensureNodes(): Promise<void> {
  if (nodesObstacle() !== undefined) return;
  await installOnce({
    what: WHAT,
    target: nodesFolder(),
    isThere: () => OLDER_NODES.every((major) => findNode(major) !== undefined),
    async fill(whole, work) {
      for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(PINS, name), join(work, name));
      await npmCi(WHAT, work, ['--no-bin-links']);
      for (const major of OLDER_NODES) await keep(major, work, whole);
    },
  });
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
    const reason = messageOf(error);
    throw new SetupError(`npm has not installed a Node.js ${major} that runs: ${reason}`, { cause: error });
  }
}
