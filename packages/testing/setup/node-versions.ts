import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './binaries.ts';

/** Versions that modules may run on, besides the version that runs this repository. */
export const OLDER_NODES = [22, 24] as const;

export type OlderNode = (typeof OLDER_NODES)[number];

/** They have their own package.json and lock file: in those of the root, each version would replace `node_modules/.bin/node`. */
export const PINS = fileURLToPath(new URL('node-versions/', import.meta.url));

/** Name of the installed file. */
export const fileOf = (major: OlderNode): string => `node-${major}`;

/** Name that the pins give to the package of a version, on this machine. */
export const packageOf = (major: OlderNode): string => `node-${major}-${process.arch}`;

/** Reason why npm has no Node.js for this machine; undefined if it has one. */
export function nodesObstacle(): string | undefined {
  if (process.platform === 'linux' && ['arm64', 'x64'].includes(process.arch)) return undefined;
  return `other versions of Node.js are pinned for Linux on x64 and arm64, and this is ${process.platform} on ${process.arch}`;
}

/** Folder in which the pinned versions are installed. It is created atomically. */
export function nodesFolder(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\0`);
  hash.update(readFileSync(join(PINS, 'package-lock.json')));
  return join(cacheFolder(), 'nodes', hash.digest('hex').slice(0, 16));
}

/** Path of a version: in the folder that TEST_ASSETS names, or in the cache; undefined if it is not installed. */
export function findNode(major: OlderNode): string | undefined {
  const assets = process.env['TEST_ASSETS'];
  return [...(assets ? [assets] : []), nodesFolder()].map((folder) => join(folder, fileOf(major))).find((path) => existsSync(path));
}
