import { describe, expect, it } from 'vitest';
import { Exclusions } from '../archive/walk/exclusions.ts';
import { globList, globWarnings } from './glob-list.ts';

describe('globList', () => {
  it.each([
    ['', []],
    ['cache', ['cache']],
    ['*.log, cache/**\ntmp,,\n', ['*.log', 'cache/**', 'tmp']],
    ['*.{log,tmp},cache', ['*.{log,tmp}', 'cache']],
    ['{a,{b,c}/*.{d,e}},f', ['{a,{b,c}/*.{d,e}}', 'f']],
    ['[abc],[!,]x,[^]]y,[[]z', ['[abc]', '[!,]x', '[^]]y', '[[]z']],
    ['{[{],a},b', ['{[{],a}', 'b']],
    ['a},b],{c],d}}', ['a}', 'b]', '{c],d}}']],
  ])('splits %j', (text, globs) => {
    expect(globList(text)).toEqual(globs);
  });

  it.each([
    ['cache, [abc', '"[" in "cache, [abc" is not closed: for the character itself, write "[[]"'],
    ['{a,b', '"{" in "{a,b" is not closed: for the character itself, write "[{]"'],
    ['ok\n{a,{b,c}', '"{" in "{a,{b,c}" is not closed: for the character itself, write "[{]"'],
    ['a},{b', '"{" in "a},{b" is not closed: for the character itself, write "[{]"'],
    [']a[', '"[" in "]a[" is not closed: for the character itself, write "[[]"'],
  ])('rejects %j', (text, problem) => {
    expect(() => globList(text)).toThrow(problem);
  });

  it('suggests what matches the character itself', () => {
    for (const character of ['[', ']', '{', '}']) {
      const [glob = ''] = globList(`a[${character}]b`);
      expect(new Exclusions([glob]).has(Buffer.from(`a${character}b`))).toBe(true);
    }
  });

  it('warns about characters that open nothing, which match themselves', () => {
    const globs = globList('*.{log,tmp}\n[}]x,[]]x\na},x]y,{c],d}}');
    expect(globWarnings(globs)).toEqual([
      '"}" in the excluded glob "a}" is not opened and matches itself: write "[}]" if that is intended',
      '"]" in the excluded glob "x]y" is not opened and matches itself: write "[]]" if that is intended',
      '"]" in the excluded glob "{c],d}}" is not opened and matches itself: write "[]]" if that is intended',
    ]);
    const exclusions = new Exclusions(globs);
    for (const name of ['a}', 'x]y', 'c]}', 'd}']) expect(exclusions.has(Buffer.from(name)), name).toBe(true);
  });
});
