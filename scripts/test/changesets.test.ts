import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'eevee-changesets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the changesets name packages that are published, and can be turned into a release', () => {
  const output = join(folder, 'status.json');
  // Since the commit itself: a clone may not have the branch main.
  execFileSync('changeset', ['status', '--since', 'HEAD', '--output', relative(process.cwd(), output)]);
  const { releases, changesets } = JSON.parse(readFileSync(output, 'utf8')) as {
    readonly releases: readonly { readonly name: string; readonly type: string }[];
    readonly changesets: readonly { readonly releases: readonly { readonly name: string }[] }[];
  };
  const published = ['@eeveebot/cli', '@eeveebot/contract', '@eeveebot/create-module', '@eeveebot/libeevee'];
  const named = changesets.flatMap((changeset) => changeset.releases.map(({ name }) => name));
  expect(published).toEqual(expect.arrayContaining([...new Set(named)]));
  // Private packages keep their versions.
  expect(releases.filter(({ name, type }) => type !== 'none' && !published.includes(name))).toEqual([]);
});
