import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from './errors.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');

/** Names that an entry point exports, types included: between braces, or all of another file. */
function exportedNames(entry: string): readonly string[] {
  const source = read(entry);
  const listed = [...source.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.replace('type ', '').trim()),
  );
  const whole = [...source.matchAll(/export (?:type )?\* from '([^']+)'/g)].flatMap(([, file = '']) =>
    [...read(file).matchAll(/^export (?:interface|type|const|class|function|async function) (\w+)/gm)].map(([, name = '']) => name),
  );
  return [...listed, ...whole].filter((name) => name !== '');
}

const exported = exportedNames('index.ts');

/** Names in the first column of the tables of exports, without those that the cell attributes to another package. */
const documented = readme
  .split(/\n(?=\| (?:export|instrument) \|)/)
  .slice(1)
  .flatMap((table) => table.slice(0, `${table}\n\n`.indexOf('\n\n')).split('\n').slice(2))
  .map((row) => (row.split(/(?<!\\)\|/)[1] ?? '').replace(/ of the `\w+` package.*/, ''))
  .flatMap((cell) => [...cell.matchAll(/`([A-Za-z]\w*)[^`]*`/g)].map(([, name = '']) => name));

describe('the README', () => {
  it('has tables of exports', () => {
    expect(documented).toContain('defineModule');
    expect(documented.length).toBeGreaterThan(50);
  });

  it.each(exported)('explains %s', (name) => {
    expect(readme).toMatch(new RegExp(String.raw`\W${name}\W`));
  });

  it.each(documented)('has a row for %s, which exists', (name) => {
    expect([...exported, ...exportedNames('testing/index.ts')]).toContain(name);
  });

  it.each(Object.values(ERROR_CODES))('explains how to fix %s', (code) => {
    expect(readme).toContain(`| \`${code}\` |`);
  });

  it.each([...readme.matchAll(/^\| `(EEVEE_\w+)` \|/gm)].map(([, code = '']) => code))('has a row for %s, which is a code', (code) => {
    expect(Object.values(ERROR_CODES)).toContain(code);
  });
});
