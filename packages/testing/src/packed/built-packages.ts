import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withLock } from '../../setup/lock.ts';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Inside the repository, where builds find the packages that they depend on. */
const RESULTS = join(ROOT, '.test-results');

/** In the order in which they are built. */
const PACKAGES = ['contract', 'libeevee', 'cli', 'create-module'].map((name) => `packages/${name}`);

/** The template of new modules, and the parts of a bot that the command line starts. */
const APPS = ['apps/echo-module', 'apps/router', 'apps/help-module'];

/** All inputs of a build, besides the packages of `package-lock.json`. */
const SOURCES = ['tsconfig.base.json', 'package.json', 'LICENSE', 'docs', 'scripts/bundled', ...PACKAGES, ...APPS];

const isSource = (path: string): boolean => !/\/(node_modules|dist|test|\.turbo)(\/|$)/.test(path);

/**
 * Builds the published packages in a copy of the part of this repository that makes them, unless another test has built the same
 * sources.
 *
 * @returns the folder, which must not be changed.
 */
export async function builtPackages(): Promise<string> {
  const target = join(RESULTS, `packages-${sourcesId()}`);
  if (existsSync(target)) return target;
  await withLock(join(RESULTS, 'packages.lock'), 'another build of the packages', async () => {
    if (existsSync(target)) return;
    for (const name of readdirSync(RESULTS)) {
      if (name.startsWith('packages-')) rmSync(join(RESULTS, name), { recursive: true, force: true });
    }
    const work = mkdtempSync(join(RESULTS, 'building-'));
    try {
      await build(work);
      // Created atomically: tests copy it as soon as it exists.
      renameSync(work, target);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
  return target;
}

function sourcesId(): string {
  const hash = createHash('sha256');
  const files = ['package-lock.json', ...SOURCES].flatMap((path) =>
    statSync(join(ROOT, path)).isDirectory() ? globSync(`${path}/**`, { cwd: ROOT }) : [path],
  );
  for (const file of files.filter(isSource).toSorted()) {
    const path = join(ROOT, file);
    if (statSync(path).isFile()) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

async function build(folder: string): Promise<void> {
  for (const path of SOURCES) {
    const source = join(ROOT, path);
    cpSync(source, join(folder, path), { recursive: true, filter: (file) => isSource(`/${relative(ROOT, file)}`) });
  }
  const links = join(folder, 'node_modules/@eeveebot');
  for (const path of [...PACKAGES, ...APPS]) {
    const link = join(links, path.split('/')[1] ?? '');
    mkdirSync(dirname(link), { recursive: true });
    // Relative, so that it also leads to the package in a copy.
    symlinkSync(join('../..', path), link);
    if (PACKAGES.includes(path)) await run('npm', ['run', 'build'], { cwd: join(folder, path) });
  }
}
