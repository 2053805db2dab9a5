import { findNode, nodesFolder, nodesObstacle, OLDER_NODES, type OlderNode } from '../../setup/node-versions.ts';
import { BinaryMissingError } from './binaries.ts';

export { OLDER_NODES, type OlderNode };

/** Reason why older versions of Node.js are not available here; undefined if they are. */
export const olderNodesObstacle = nodesObstacle;

/**
 * Path of an older Node.js than the one that runs the tests: in the folder that `TEST_ASSETS` names, otherwise in the cache.
 *
 * @throws {BinaryMissingError} when it is in neither.
 * @example
 * spawn(olderNode(22), ['dist/main.js']);
 */
export function olderNode(major: OlderNode): string {
  const path = findNode(major);
  if (path !== undefined) return path;
  throw new BinaryMissingError(
    `Node.js ${major} is not in ${nodesFolder()}: \`node scripts/run.mjs test integration\` installs it (once, some seconds), ` +
      `or name a folder that has it as node-${major} in TEST_ASSETS`,
  );
}
