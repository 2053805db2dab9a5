import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROSE_EXCEPTIONS } from './exceptions.ts';
import { proseFindings } from './findings.ts';

const texts = (source: string) => proseFindings('a.ts', source).map(({ text }) => text);

describe('proseFindings', () => {
  it.each([
    ['/** What a pod needs. */', 'What'],
    ["it('x', () => { throw new Error('What is missing'); });", 'What'],
    ['// Read it. Of these, one is kept.', 'Of'],
    ['// deleted resources are told', 'are told'],
    ['// the path is no folder', 'is no f'],
    ['// State: how it stands', 'stands'],
    ['// read anew', 'anew'],
    ['// requeues what it bears on', 'bears on'],
    ['// the metadata alone', 'alone'],
    ['// nobody sets it', 'nobody'],
    ['// as it is to be', 'is to be'],
    ['// are told apart', 'told apart'],
    ['// it goes on after that', 'goes on'],
    ['// the first range, else the fallback', ', else the'],
  ])('finds the pattern in %j', (source, text) => {
    expect(texts(source)).toContain(text);
  });

  it('finds a phrase that wraps inside a comment', () => {
    expect(texts('/**\n * Nothing is\n * told here.\n */')).toEqual(['is * told']);
    expect(proseFindings('a.ts', '\n// it is\n// told\n')[0]?.line).toBe(2);
  });

  it.each([
    '## What happens when the store is full?',
    '// there is no such field',
    '// it is no longer there',
    '// stands for the namespace',
    '// leave it alone',
    '// needs to be replaced',
    'const outstanding = standalone;',
  ])('accepts %j', (source) => {
    expect(texts(source)).toEqual([]);
  });
});

it('lists only exceptions that still exist', () => {
  for (const { file, words } of PROSE_EXCEPTIONS) expect(readFileSync(file, 'utf8'), `${file}: ${words}`).toContain(words);
});
