import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readParts } from '../release/parts.ts';

const folder = mkdtempSync(join(tmpdir(), 'eevee-changesets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the changesets name released parts, and can be made into a release', () => {
  const output = join(folder, 'status.json');
  // Since the commit itself: a clone may not have the branch main.
  execFileSync('changeset', ['status', '--since', 'HEAD', '--output', relative(process.cwd(), output)]);
  const { changesets } = JSON.parse(readFileSync(output, 'utf8')) as {
    readonly changesets: readonly { readonly releases: readonly { readonly name: string }[] }[];
  };
  const { images, packages } = readParts('.');
  const apps = images.map(({ folder: app }) => (JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as { name: string }).name);
  const released = [...apps, ...packages.map(({ name }) => name), '@eeveebot/charts'];
  const named = changesets.flatMap((changeset) => changeset.releases.map(({ name }) => name));
  expect(released).toEqual(expect.arrayContaining([...new Set(named)]));
});
