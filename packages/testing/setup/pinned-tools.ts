import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './binaries.ts';

/** A program from a package registry, pinned with checksums. */
export interface PinnedTool {
  readonly name: 'npm-registry' | 'zizmor';
  /** Folder with the pins. */
  readonly pins: string;
  /** Files in it that name the versions with their checksums. */
  readonly files: readonly string[];
  /** Path of the program, below the folder that the tool is installed in. */
  readonly program: string;
}

const pinsOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** An npm registry, on which releases of packages are tried. */
export const NPM_REGISTRY: PinnedTool = {
  name: 'npm-registry',
  pins: pinsOf('npm-registry'),
  files: ['package.json', 'package-lock.json'],
  program: 'node_modules/verdaccio/bin/verdaccio',
};

/** Finds vulnerabilities in workflows. */
export const ZIZMOR: PinnedTool = { name: 'zizmor', pins: pinsOf('zizmor'), files: ['requirements.txt'], program: 'bin/zizmor' };

/** Folder of the cache that a tool is installed in. */
export function toolFolder({ name, pins, files }: PinnedTool): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  for (const file of files) hash.update(readFileSync(join(pins, file)));
  return join(cacheFolder(), 'tools', `${name}-${hash.digest('hex').slice(0, 16)}`);
}

/** Path of an installed tool: in the folder that TEST_ASSETS names, or in the cache; undefined if it is not installed. */
export function findTool(tool: PinnedTool): string | undefined {
  const assets = process.env['TEST_ASSETS'];
  return [...(assets ? [join(assets, tool.name)] : []), toolFolder(tool)]
    .map((folder) => join(folder, tool.program))
    .find((path) => existsSync(path));
}
