import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nameOf, refusal } from '../fences/refusal.ts';
import { FENCES } from '../fences/table.ts';

/** A copy of the lint configuration and the fences, for planted files only. */
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'eevee-fences-'));
  cpSync('.oxlintrc.jsonc', join(root, '.oxlintrc.jsonc'));
  cpSync('scripts/fences', join(root, 'scripts/fences'), { recursive: true });
  cpSync('package.json', join(root, 'package.json'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An example file of a place, from its first glob. */
function sampleOf(glob: string): string {
  return glob
    .replaceAll(/<\w+>/g, 'one')
    .replaceAll(/\{([^,}]*)[^}]*\}/g, '$1')
    .replaceAll('**/*', 'planted')
    .replaceAll('**', 'planted.ts')
    .replaceAll('*', 'planted');
}

const SAMPLES = FENCES.map((fence) => ({ name: nameOf(fence), file: sampleOf(fence.files[0] ?? '') }));
const PACKAGES = ['@eeveebot/testing', '@eeveebot/crds', '@kubernetes/client-node', 'left-pad', 'node:fs'];

/** All forbidden imports of a file: a file of each other place, and packages. */
function forbidden(file: string): readonly string[] {
  const others = SAMPLES.map((other) => specifierOf(file, other.file));
  return [...others, ...PACKAGES].filter((specifier) => refusal(file, specifier) !== undefined);
}

function allowed(file: string): readonly string[] {
  const others = SAMPLES.map((other) => specifierOf(file, other.file));
  return [...others, ...PACKAGES].filter((specifier) => refusal(file, specifier) === undefined);
}

function specifierOf(file: string, other: string): string {
  const path = relative(posix.dirname(file), other);
  return path.startsWith('.') ? path : `./${path}`;
}

/** Writes files, and returns the lines of each that the real oxlint refuses. */
function refusedLines(files: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly number[]>> {
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true });
    writeFileSync(join(root, file), `${lines.join('\n')}\n`);
  }
  const rules = ['--allow', 'all', '--deny', 'fences/imports', '--deny', 'fences/pure'];
  const { stdout } = spawnSync('oxlint', [...rules, '--format', 'unix', ...Object.keys(files)], {
    cwd: root,
    encoding: 'utf8',
    // A line for each pair of places.
    maxBuffer: 64 * 1024 * 1024,
  });
  const found = [...stdout.matchAll(/^([^\n:]+):(\d+):\d+: .*\[Error\/fences/gm)].map(([, file, line]) => ({ file, line: Number(line) }));
  return Object.fromEntries(
    Object.keys(files).map((file) => [
      file,
      [...new Set(found.filter((each) => each.file === file).map(({ line }) => line))].toSorted((one, other) => one - other),
    ]),
  );
}

const importLines = (specifiers: readonly string[]) =>
  specifiers.map((specifier, index) => `import { a as a${index} } from '${specifier}';`);

it('oxlint refuses every import that the table does not list, in a file of each place', () => {
  const planted = Object.fromEntries(SAMPLES.map(({ file }) => [file, importLines(forbidden(file))]));
  expect(Object.keys(planted)).toHaveLength(SAMPLES.length);
  for (const lines of Object.values(planted)) expect(lines).not.toEqual([]);
  expect(refusedLines(planted)).toEqual(
    Object.fromEntries(Object.entries(planted).map(([file, lines]) => [file, lines.map((_, index) => index + 1)])),
  );
});

it('oxlint accepts every import that the table lists', () => {
  const planted = Object.fromEntries(SAMPLES.map(({ file }) => [file, importLines(allowed(file))]));
  expect(refusedLines(planted)).toEqual(Object.fromEntries(SAMPLES.map(({ file }) => [file, []])));
});

it('oxlint refuses types, dynamic imports and re-exports as well', () => {
  const lines = [
    "import type { A } from '../../crds/src/index.ts';",
    "export type { B } from '../../crds/src/index.ts';",
    "export * from '../../crds/src/index.ts';",
    "export const c: import('../../crds/src/index.ts').C = await import('../../crds/src/index.ts');",
  ];
  expect(refusedLines({ 'packages/contract/src/planted.ts': lines })).toEqual({ 'packages/contract/src/planted.ts': [1, 2, 3, 4] });
});

it('oxlint refuses the process, the clock and random numbers in a pure file', () => {
  const lines = ['process.env;', 'Date.now();', 'new Date();', 'Math.random();', 'new Date(0);'];
  expect(refusedLines({ 'apps/operator/src/resources/one/plan.ts': lines })).toEqual({
    'apps/operator/src/resources/one/plan.ts': [1, 2, 3, 4],
  });
});

it('oxlint refuses a file that no fence covers', () => {
  expect(refusedLines({ 'apps/operator/src/somewhere/planted.ts': ["import { a } from 'node:fs';"] })).toEqual({
    'apps/operator/src/somewhere/planted.ts': [1],
  });
});
