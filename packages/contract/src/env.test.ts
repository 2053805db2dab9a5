import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BACKUP_ENV, MODULE_ENV, OPERATOR_ENV } from './env.ts';

it.each([
  ['apps/operator', OPERATOR_ENV],
  ['apps/backup', BACKUP_ENV],
  ['packages/libeevee', MODULE_ENV],
])('the README of %s has a row for each environment variable', (folder, variables) => {
  const text = readFileSync(new URL(`../../../${folder}/README.md`, import.meta.url), 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  expect(Object.values(variables).filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))).toEqual([]);
});
