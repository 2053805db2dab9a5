import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pendingChangesets } from '../release/check.ts';
import { readParts } from '../release/parts.ts';
import { CopiedRepository } from './copied-repository.ts';

let repository: CopiedRepository;

beforeAll(() => {
  repository = new CopiedRepository();
});
afterAll(() => repository?.[Symbol.dispose]());

/** Names of the packages that the pending changesets release. */
function released(): readonly string[] {
  repository.commit();
  // Since a commit before all of them: otherwise, only those that were added since then would be read.
  repository.run('changeset', 'status', '--since', 'empty', '--output', 'status.json');
  const { changesets } = JSON.parse(repository.read('status.json')) as {
    readonly changesets: readonly { readonly releases: readonly { readonly name: string }[] }[];
  };
  expect(changesets).toHaveLength(pendingChangesets(repository.root).length);
  return changesets.flatMap(({ releases }) => releases.map(({ name }) => name));
}

it('the changesets name released parts, and can be made into a release', () => {
  const { images, packages } = readParts('.');
  const apps = images.map(({ folder: app }) => (JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { name: string }).name);
  const parts = [...apps, ...packages.map(({ name }) => name), '@eeveebot/charts'];
  expect(parts).toEqual(expect.arrayContaining([...new Set(released())]));
});

it('a changeset about a package that does not exist cannot be made into a release', () => {
  repository.write('.changeset/wrong.md', "---\n'@eeveebot/nothing': minor\n---\n\nNothing changes.\n");
  expect(released).toThrow('@eeveebot/nothing');
});
