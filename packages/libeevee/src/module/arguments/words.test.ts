import { expect, it } from 'vitest';
import { wordsOf } from './words.ts';

it.each([
  ['', []],
  ['  one   two ', ['one', 'two']],
  [`"a b" 'c d' e`, ['a b', 'c d', 'e']],
  [String.raw`"a \"b\" \\ c" 'it\'s'`, [String.raw`a "b" \ c`, "it's"]],
  [String.raw`"keeps \n" a\"b`, [String.raw`keeps \n`, String.raw`a\"b`]],
  [`don't 'tis "unclosed text`, ["don't", "'tis", '"unclosed', 'text']],
  [`"a"b "" ''`, ['"a"b', '', '']],
  [`say "don't" 'a "b" c'`, ['say', "don't", 'a "b" c']],
  ['🦊 "🦊 🦉"', ['🦊', '🦊 🦉']],
])('splits %j into %j', (text, words) => {
  expect(wordsOf(text).map((word) => word.text)).toEqual(words);
});

it('reports the positions of the words', () => {
  expect(wordsOf(' "a b"  c')).toEqual([
    { text: 'a b', start: 1, end: 6 },
    { text: 'c', start: 8, end: 9 },
  ]);
});

it('splits long texts of quotes in time proportional to their length', () => {
  const text = `${`'" `.repeat(50_000)}"${String.raw`\"`.repeat(50_000)}`;
  expect(wordsOf(text).length).toBeGreaterThan(50_000);
});

it('splits any text into the words that a pattern finds', () => {
  const pattern = /"((?:[^"\\]|\\[^])*)"(?!\S)|'((?:[^'\\]|\\[^])*)'(?!\S)|\S+/g;
  const characters = ['a', '"', "'", '\\', ' ', '\t', '\n', '\u00a0', '\u0085', '\u001f', '\u3000', 'é', '🦊'];
  let state = 7;
  for (let text = 0; text < 3_000; text++) {
    let said = '';
    for (let count = 0; count < text % 20; count++) {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      said += characters[state % characters.length];
    }
    const expected = [...said.matchAll(pattern)].map(({ 0: whole, index }) => [index, index + whole.length]);
    expect(wordsOf(said).map(({ start, end }) => [start, end])).toEqual(expected);
  }
});
