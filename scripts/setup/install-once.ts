import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../packages/testing/setup/lock.ts';
import { SetupError } from './setup-error.ts';
import { messageOf } from '../../packages/testing/setup/error-facts.ts';

const run = promisify(execFile);

/** Something that is installed into a folder of the cache, whole or not at all. */
export interface Installation {
  /** Names it in messages: `Node.js 22 and 24`. */
  readonly what: string;
  /** Folder, named after the content that it gets. */
  readonly target: string;
  readonly isThere: () => boolean;
  /** Fills the first folder, which becomes the target. The second one is for files that are removed afterwards. */
  readonly fill: (whole: string, work: string) => Promise<void>;
}

/** Installs something unless it is there; waits for another process that is installing it. */
export async function installOnce({ what, target, isThere, fill }: Installation): Promise<void> {
  if (isThere()) return;
  await withLock(`${target}.lock`, `another installation of ${what}`, async () => {
    // The previous holder of the lock may have installed it.
    if (isThere()) return;
    const started = `${basename(target)}.installing-`;
    // We hold the lock: what is there under this name is of an installation that was interrupted.
    for (const name of readdirSync(dirname(target))) {
      if (name.startsWith(started)) rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
    const work = mkdtempSync(join(dirname(target), started));
    console.error(`installing ${what} (once) …`);
    try {
      const whole = join(work, 'whole');
      mkdirSync(whole);
      await fill(whole, work);
      // Only an incomplete one can be there: a whole one would have been used.
      rmSync(target, { recursive: true, force: true });
      renameSync(whole, target);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

/** Runs a program that installs. @throws {SetupError} when it fails. */
export async function runInstaller(what: string, [command = '', ...args]: readonly string[], cwd: string): Promise<void> {
  try {
    await run(command, args, { cwd });
  } catch (error) {
    throw new SetupError(`${command} could not install ${what}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Installs what a lock file pins, which npm compares with its checksums. */
export function npmCi(what: string, cwd: string, options: readonly string[] = []): Promise<void> {
  return runInstaller(what, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...options], cwd);
}
