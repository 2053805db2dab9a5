import { expect, it } from 'vitest';
import { folderCycles, sourceImports } from '../fences/folder-cycles.ts';

it('finds no folders of the repository that import each other', () => {
  const imports = sourceImports();
  expect(imports).toContainEqual({ from: 'scripts/fences/refusal.ts', to: 'scripts/fences/table.ts' });
  expect(folderCycles(imports)).toEqual([]);
});

it('finds a cycle that an import adds to the repository', () => {
  const planted = { from: 'packages/contract/src/names.ts', to: 'apps/operator/src/resources/bot-module/plan.ts' };
  const back = { from: 'apps/operator/src/resources/bot-module/plan.ts', to: 'packages/contract/src/labels.ts' };
  expect(folderCycles([...sourceImports(), planted, back])).toEqual([expect.arrayContaining([planted, back])]);
});
