import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from '../setup/setup-error.ts';
import { aptSourcesOf } from './apt-sources.ts';
import { isolated } from './namespaces.ts';
import { copySettings } from './settings.ts';

const RELEASE = 'bookworm';

/** Packages that README requires besides Node.js and Go, and the certificates that git needs. */
const PACKAGES = ['ca-certificates', 'git'];

/** `package.json` and lock file with the oldest supported Node.js and its npm. */
const PINS = fileURLToPath(new URL('programs/', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Folder for programs that no Debian package has installed. */
const LOCAL = 'usr/local';

/**
 * Creates a root with only the programs that README requires: Debian's minimal system, git, Node.js 20 and Go, and in it a clone of the
 * committed files.
 *
 * @throws {SetupError} when this machine has no apt source of the release.
 */
export async function makeBase(root: string): Promise<void> {
  const sources = aptSourcesOf(RELEASE);
  const archive = sources.find(({ suite }) => suite === RELEASE);
  if (archive === undefined) throw new SetupError(`no file in /etc/apt names a source of ${RELEASE}, which the root is made of`);
  console.log(`debootstrap: Debian ${RELEASE}, minimal, with ${PACKAGES.join(' and ')} …`);
  await isolated(['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, RELEASE, root, archive.uri], { quiet: true });
  console.log('Node.js 20, npm and Go …');
  copyNode(root);
  copyGo(root);
  copySettings(root, sources);
  execFileSync('git', ['clone', '--quiet', '--no-local', '--depth=1', `file://${REPOSITORY}`, join(root, 'root/eevee')]);
}

function copyNode(root: string): void {
  const work = join(root, 'tmp/programs');
  mkdirSync(work);
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(PINS, name), join(work, name));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-bin-links', '--loglevel=error'], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const modules = join(root, LOCAL, 'lib/node_modules');
  mkdirSync(modules, { recursive: true });
  renameSync(join(work, 'node_modules/npm'), join(modules, 'npm'));
  renameSync(join(work, `node_modules/node-${process.arch}/bin/node`), join(root, LOCAL, 'bin/node'));
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, LOCAL, 'bin', name));
  rmSync(work, { recursive: true });
}

function copyGo(root: string): void {
  const installation = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
  cpSync(installation, join(root, LOCAL, 'go'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['go', 'gofmt']) symlinkSync(`../go/bin/${name}`, join(root, LOCAL, 'bin', name));
}
