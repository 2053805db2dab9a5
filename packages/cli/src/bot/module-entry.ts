import { messageOf } from '@eeveebot/contract';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { CliError, EXIT } from '../cli-error.ts';

/** A module in a folder. */
export interface ModuleEntry {
  /** Name in its package.json, or that of the folder. */
  readonly name: string;
  readonly folder: string;
  /** File that starts it. */
  readonly file: string;
}

/** Default entry points: source first, so that a saved change takes effect without a build. */
const USUAL = [
  'src/main.ts',
  'src/main.mts',
  'src/main.js',
  'src/main.mjs',
  'main.ts',
  'main.js',
  'main.mjs',
  'index.ts',
  'index.js',
  'index.mjs',
];

interface Manifest {
  readonly name?: unknown;
  readonly main?: unknown;
}

function manifestIn(folder: string): Manifest {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch (error) {
    throw new CliError(`${path} is not valid JSON: ${messageOf(error)}`, EXIT.noInput, {
      cause: error,
    });
  }
}

/** The nearest folder with a package.json, from the file's own upwards. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return dirname(file);
  }
}

/**
 * Node.js cannot load packages of Yarn Plug'n'Play, which are in archives, without a loader that the processes here do not have.
 *
 * @throws CliError if the packages of a folder are installed that way.
 */
function refusePlugAndPlay(folder: string): void {
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(join(above, 'node_modules'))) return;
    if (existsSync(join(above, '.pnp.cjs'))) {
      throw new CliError(
        `${above} uses Yarn Plug'n'Play, which modules do not support: run "yarn config set nodeLinker node-modules", then "yarn install"`,
        EXIT.noInput,
      );
    }
    if (dirname(above) === above) return;
  }
}

const nameOf = (folder: string, { name }: Manifest): string => (typeof name === 'string' && name !== '' ? name : basename(folder));

/**
 * The module at a path: a folder, or the file that starts it. In a folder, `main` of its package.json is the entry point, otherwise the
 * first of the usual files, such as `src/main.ts`.
 *
 * @throws CliError without a module there, naming the files that were looked for, and with Yarn Plug'n'Play.
 * @example
 * moduleEntry('../my-bot'); // { name: 'my-bot', folder: '/home/fox/my-bot', file: '/home/fox/my-bot/src/main.ts' }
 */
export function moduleEntry(path: string): ModuleEntry {
  const full = resolve(path);
  if (!existsSync(full)) throw new CliError(`${path} does not exist: pass the folder of a module`, EXIT.noInput);
  if (!statSync(full).isDirectory()) {
    if (!/\.[cm]?[jt]s$/.test(full)) {
      throw new CliError(`${path} is not JavaScript or TypeScript: pass the folder of a module, or the file that starts it`, EXIT.noInput);
    }
    const folder = packageFolder(full);
    refusePlugAndPlay(folder);
    return { name: nameOf(folder, manifestIn(folder)), folder, file: full };
  }
  const manifest = manifestIn(full);
  const { main } = manifest;
  if (typeof main === 'string' && !existsSync(join(full, main))) {
    throw new CliError(
      `"main" in ${join(path, 'package.json')} is ${main}, which does not exist: build the module, or correct it`,
      EXIT.noInput,
    );
  }
  const found = typeof main === 'string' ? main : USUAL.find((each) => existsSync(join(full, each)));
  if (found === undefined) {
    throw new CliError(
      `there is no module in ${relative('', full) || 'this folder'}: its package.json has no "main", and none of ${USUAL.join(', ')} exists. ` +
        'Pass the folder of a module, or its entry file; npm create @eeveebot/module my-bot creates one',
      EXIT.noInput,
    );
  }
  refusePlugAndPlay(full);
  return { name: nameOf(full, manifest), folder: full, file: join(full, found) };
}

/** Flags that let Node.js resolve the packages of this repository to their sources. */
const SOURCE_FLAG = /^--conditions=@eeveebot\/source$/;

/**
 * Flags of Node.js for a module. A module of this repository runs on the sources of libeevee if this program does; one with an installed
 * libeevee never does: Node.js strips no types in `node_modules`.
 *
 * @param own flags of this process.
 */
export function nodeFlags({ folder }: Pick<ModuleEntry, 'folder'>, own: readonly string[] = process.execArgv): string[] {
  const flags = ['--enable-source-maps', ...(process.features.typescript === false ? ['--experimental-strip-types'] : [])];
  const source = own.filter((flag) => SOURCE_FLAG.test(flag));
  if (source.length === 0) return flags;
  for (let above = folder; dirname(above) !== above; above = dirname(above)) {
    const libeevee = join(above, 'node_modules/@eeveebot/libeevee');
    if (existsSync(libeevee)) return realpathSync(libeevee).includes('/node_modules/') ? flags : [...flags, ...source];
  }
  return [...flags, ...source];
}
