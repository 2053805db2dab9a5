import { expect, it } from 'vitest';
import { folderCycles, type FileImport } from './folder-cycles.ts';

const given = (...imports: readonly string[]): readonly FileImport[] =>
  imports.map((each) => {
    const [from = '', to = ''] = each.split(' → ');
    return { from, to };
  });

it.each([
  ['a folder and its subfolder', ['main.ts → a/one.ts', 'a/one.ts → a/b/two.ts', 'a/b/two.ts → a/three.ts']],
  ['folders beside each other', ['main.ts → a/one.ts', 'a/one.ts → b/two.ts', 'b/two.ts → a/three.ts']],
  ['folders through different subfolders', ['main.ts → a/x/one.ts', 'a/x/one.ts → b/two.ts', 'b/two.ts → a/y/three.ts']],
])('finds a cycle of %s whose files have none', (_case, imports) => {
  expect(folderCycles(given(...imports))).toEqual([given(...imports.slice(1))]);
});

it('finds a cycle through a third folder', () => {
  const imports = given('main.ts → a/one.ts', 'a/one.ts → b/two.ts', 'b/two.ts → c/three.ts', 'c/three.ts → a/four.ts');
  expect(folderCycles(imports)).toEqual([imports.slice(1)]);
});

it('reports two separate cycles separately', () => {
  const first = given('a/one.ts → b/two.ts', 'b/two.ts → a/three.ts');
  const second = given('c/one.ts → d/two.ts', 'd/two.ts → c/three.ts');
  expect(folderCycles([...given('main.ts → a/one.ts', 'main.ts → c/one.ts'), ...first, ...second])).toEqual([first, second]);
});

it('accepts an entry point beside files that its folders import', () => {
  expect(folderCycles(given('src/main.ts → src/a/one.ts', 'src/a/one.ts → src/errors.ts'))).toEqual([]);
});

it('accepts folders that share a lower one', () => {
  expect(folderCycles(given('main.ts → a/one.ts', 'a/one.ts → c/three.ts', 'b/two.ts → c/three.ts', 'a/one.ts → b/two.ts'))).toEqual([]);
});
