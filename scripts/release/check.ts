import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { type Parts, releaseVersion } from './parts.ts';

/**
 * Reasons why a tag does not match the release of this commit, each with its fix; empty when it matches.
 *
 * @param changesets files that are not part of any version yet.
 */
export function tagProblems(tag: string, parts: Parts, changesets: readonly string[]): readonly string[] {
  const wanted = `v${releaseVersion(parts)}`;
  const pending = `${changesets.join(', ')}: not part of a version yet; run \`npm run release -- version\`, merge the result, and tag that`;
  return [
    ...(tag === wanted
      ? []
      : [`the tag is ${tag}, and apps/operator/package.json has version ${wanted.slice(1)}: tag this commit as ${wanted}`]),
    ...(changesets.length === 0 ? [] : [pending]),
  ];
}

/** Changesets of a repository that are not part of any version yet. */
export function pendingChangesets(root: string): readonly string[] {
  const files = globSync('.changeset/*.md', { cwd: root }).toSorted();
  return files.filter((file) => basename(file) !== 'README.md');
}
