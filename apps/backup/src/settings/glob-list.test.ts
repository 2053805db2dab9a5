import { describe, expect, it } from 'vitest';
import { globList } from './glob-list.ts';

describe('globList', () => {
  it.each([
    ['', []],
    ['cache', ['cache']],
    ['*.log, cache/**\ntmp,,\n', ['*.log', 'cache/**', 'tmp']],
    ['*.{log,tmp},cache', ['*.{log,tmp}', 'cache']],
    ['{a,{b,c}/*.{d,e}},f', ['{a,{b,c}/*.{d,e}}', 'f']],
    ['a{b,c', ['a{b', 'c']],
    ['a{b,{c,d},e', ['a{b', '{c,d}', 'e']],
    ['a},b', ['a}', 'b']],
    ['a\\{b,c}', ['a\\{b', 'c}']],
    ['{a,b\nc,d}', ['{a', 'b', 'c', 'd}']],
  ])('splits %j', (text, globs) => {
    expect(globList(text)).toEqual(globs);
  });
});
