import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deadLinks } from '../prose/links.ts';

it('every link between pages leads to a file and a heading', () => {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const pages = new Map(files.filter((file) => existsSync(file)).map((file) => [file, readFileSync(file, 'utf8')]));
  expect(pages.size).toBeGreaterThan(50);
  expect(deadLinks(pages, existsSync)).toEqual([]);
});
