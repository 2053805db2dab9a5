import { describe, expect, it } from 'vitest';
import { backtrackingCost, isCheap, literalPrefixes } from './backtracking-cost.ts';

describe('isCheap', () => {
  it.each([
    String.raw`^echo\s+`,
    String.raw`^lurkers(?!-)\s*`,
    '^help$',
    'https?://',
    String.raw`^\.[a-z]{2,5}`,
    String.raw`[\s|()*+]`,
    '^a(?:bc)?d*',
    String.raw`^(?:help|commands)\s*`,
    '',
  ])('is true for %s', (pattern) => {
    expect(isCheap(pattern)).toBe(true);
  });

  it.each([
    '^(a+)+$',
    '(a|a)*',
    String.raw`^\s*a\s*`,
    'a+',
    String.raw`^(\w+) \1`,
    `^${'a?'.repeat(25)}${'a'.repeat(25)}`,
    '^(?:a{100}){100}',
    '^(?:a?b?)*',
    '(?:(?:a{30}){30}){30}',
    '^a|b+',
    '^[|]a|b+',
    String.raw`^(?<n>a)\k<n>`,
    '^(?:a|b){2,}',
    '^(?=a*)b*',
  ])('is false for %s', (pattern) => {
    expect(isCheap(pattern)).toBe(false);
  });

  it('counts the paths of alternatives and optional parts', () => {
    expect(backtrackingCost('(?:a|b)c?d{1,3}').paths).toBe(12);
  });
});

describe('literalPrefixes', () => {
  it.each([
    [String.raw`^echo\s+`, ['echo']],
    ['^help', ['help']],
    ['^colou?r', ['colo']],
    ['^ab*', ['a']],
    ['^ab{2}', ['a']],
    ['^ab+', ['ab']],
    [String.raw`^\.\$x`, ['.$x']],
    ['^(?:help|commands)$', ['help', 'commands']],
    [String.raw`^(h|help)\b`, ['h', 'help']],
    ['^(?<word>hi|h[aeo]llo)', ['hi', 'h']],
    ['^h[ae]llo', ['hallo', 'hello']],
    ['^[Hh]i[Xx]?', ['Hi', 'hi']],
    ['^[a-]b', ['']],
    ['^(?:a|b)?c', ['']],
    ['^(?:a|[b])c', ['']],
    ['^(?:a|(?:b|c))d', ['']],
    ['^(?!a|b)c', ['']],
    ['^(?=a)', ['']],
    [String.raw`^(?:\||a)`, ['']],
    ['echo', ['']],
    ['^a|b', ['']],
    [String.raw`^\bword`, ['']],
    ['^', ['']],
  ])('of %s are %j', (pattern, prefixes) => {
    expect(literalPrefixes(pattern)).toEqual(prefixes);
  });
});
