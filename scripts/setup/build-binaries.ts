import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  BINARIES,
  BUILD_ENVIRONMENT,
  BUILD_PACKAGES,
  buildFlags,
  builtFolder,
  CLUSTER_MODULE,
  findBinary,
} from '../../packages/testing/setup/binaries.ts';
import { withLock } from '../../packages/testing/setup/lock.ts';
import { ProgressBar } from './progress.ts';
import { SetupError } from './setup-error.ts';

/** Linking one program takes about as long as compiling this many packages. */
const PACKAGES_PER_PROGRAM = 40;

/**
 * Makes sure that every pinned binary is there: in TEST_ASSETS, in the cache, or else by building it.
 *
 * @throws {SetupError} when Go is missing or too old, or the build fails.
 */
export async function ensureBinaries(): Promise<void> {
  if (allFound()) return;
  await requireGo();
  await withLock(`${builtFolder()}.lock`, 'another build of the test servers', async () => {
    // The previous holder of the lock may have built them.
    if (!allFound()) await buildBinaries();
  });
}

/** Why the binaries cannot be had here; undefined when they can. */
export async function binariesObstacle(): Promise<string | undefined> {
  if (allFound()) return undefined;
  try {
    await requireGo();
    return undefined;
  } catch (error) {
    if (error instanceof SetupError) return error.message;
    throw error;
  }
}

function allFound(): boolean {
  return [...BINARIES, 'kwok-stages'].every((name) => findBinary(name) !== undefined);
}

async function buildBinaries(): Promise<void> {
  const target = builtFolder();
  // We hold the lock: what is there under this name is of a build that was interrupted.
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}.building-`)) rmSync(join(dirname(target), name), { recursive: true, force: true });
  }
  const work = mkdtempSync(`${target}.building-`);
  const bar = new ProgressBar('building Kubernetes and the other test servers (once)');
  try {
    const missing = await missingPackages(bar);
    await compile({ work, missing, bar });
    await copyKwokStages(work);
    chmodSync(work, 0o755);
    // Only an incomplete one can be there: a whole one would have been used.
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  } catch (error) {
    bar.end('failed');
    throw error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  bar.end(`done, kept in ${target}`);
}

/** How many packages Go has to compile, not counting those in its build cache. Downloads the modules that are missing. */
async function missingPackages(bar: ProgressBar): Promise<number> {
  let downloads = 0;
  bar.update(undefined, 'reading the modules');
  const go = startGo(['list', '-deps', ...buildFlags(), '-f', '{{if .Stale}}{{.StaleReason}}{{end}}', ...BUILD_PACKAGES]);
  const listing = text(go.stdout);
  const errors = await eachLine(go.stderr, (line) => {
    if (line.startsWith('go: downloading ')) bar.update(undefined, `${++downloads} modules downloaded`);
  });
  if ((await go.code) !== 0)
    throw new SetupError(`the Go modules of the test servers cannot be downloaded:\n${errors.slice(-15).join('\n')}`);
  const cached = 'not installed but available in build cache';
  return (await listing).split('\n').filter((reason) => reason !== '' && reason !== cached).length;
}

/** `go build -v` says a line for each package that it compiles, and puts each program into the folder when it is linked. */
async function compile({ work, missing, bar }: { work: string; missing: number; bar: ProgressBar }): Promise<void> {
  const go = startGo(['build', '-v', ...buildFlags(), '-o', `${work}/`, ...BUILD_PACKAGES]);
  const total = missing + BINARIES.length * PACKAGES_PER_PROGRAM;
  let compiled = 0;
  const show = () => {
    const linked = readdirSync(work).length;
    const done = Math.min(compiled, missing) + linked * PACKAGES_PER_PROGRAM;
    const packages = missing === 0 ? '' : `${Math.min(compiled, missing)} of ${missing} packages, `;
    bar.update(done / total, `${packages}${linked} of ${BINARIES.length} programs`);
  };
  const timer = setInterval(show, 1000);
  try {
    const lines = await eachLine(go.stderr, (line) => {
      // Anything with a space is a message: import paths have none.
      if (!line.includes(' ')) compiled++;
    });
    if ((await go.code) !== 0) {
      throw new SetupError(
        `the test servers could not be built:\n${lines
          .filter((line) => line.includes(' '))
          .slice(-15)
          .join('\n')}`,
      );
    }
  } finally {
    clearInterval(timer);
  }
}

/** Copies the files with kwok's stages from its module: beside the binary they outlive Go's module cache. */
async function copyKwokStages(work: string): Promise<void> {
  const go = startGo(['list', '-m', '-f', '{{.Dir}}', 'sigs.k8s.io/kwok']);
  const [folder] = await Promise.all([text(go.stdout), go.code]);
  const target = join(work, 'kwok-stages');
  cpSync(join(folder.trim(), 'kustomize', 'stage'), target, { recursive: true });
  // Go's module cache is read-only; a read-only copy could not be removed.
  chmodSync(target, 0o755);
  for (const entry of readdirSync(target, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
}

function startGo(args: readonly string[]): { readonly stdout: Readable; readonly stderr: Readable; readonly code: Promise<number | null> } {
  const child = spawn('go', args, {
    cwd: CLUSTER_MODULE,
    stdio: ['ignore', 'pipe', 'pipe'],
    // No garbage collection before a compiler has used a quarter of the machine: one part in ten of the time.
    env: { ...process.env, ...BUILD_ENVIRONMENT, GOGC: 'off', GOMEMLIMIT: `${Math.floor(totalmem() / 4)}B` },
  });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { stdout: child.stdout, stderr: child.stderr, code };
}

async function eachLine(stream: Readable, act: (line: string) => void): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    lines.push(line);
    act(line);
  }
  return lines;
}

/** @throws {SetupError} unless a Go of 1.26 or newer is on the PATH. */
async function requireGo(): Promise<void> {
  const how = "install Go 1.26 or newer (your system's package, or the archive from the Go project) so that `go` is on the PATH";
  if (!existsSync(join(CLUSTER_MODULE, 'go.mod'))) throw new SetupError(`${CLUSTER_MODULE} is missing: the clone is incomplete`);
  const child = spawn('go', ['env', 'GOVERSION'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const started = new Promise<boolean>((resolve) => child.once('error', () => resolve(false)).once('spawn', () => resolve(true)));
  if (!(await started))
    throw new SetupError(`Go is missing; it is needed to build Kubernetes and the other servers for the demo and the tests: ${how}`);
  const version = (await text(child.stdout)).trim();
  const [, major = '0', minor = '0'] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 26)) throw new SetupError(`${version} is too old: ${how}`);
}
