import { describe, expect, it } from 'vitest';
import { backtrackingCost, literalPrefixes } from './backtracking-cost.ts';
import { CaseSensitiveRegexError, ignoringCase } from './ignoring-case.ts';
import { LinearRegExp } from './linear-regexp.ts';

const EXPRESSIONS = [
  String.raw`^roll\s+`,
  String.raw`^(?:roll|throw)(?:\s+|$)`,
  String.raw`^a\.b\*c\-d`,
  String.raw`^\x41\u00e4\cA\t\n\0`,
  '^[a-f]+$',
  '^[^a-f]+$',
  '^[A-z]+$',
  '^[À-þ]+$',
  String.raw`^[\w.-]+$`,
  String.raw`^[a\]b\-c]+$`,
  '^[-a]+$',
  '^[a-]+$',
  '^[]$',
  '^[^]$',
  String.raw`^[\b]$`,
  String.raw`\bword\b`,
  '^(?<name>ab)c',
  '^(?=ab)abc',
  '^(?!ab)[^]*$',
  '(?<=a)b',
  '(?<!a)b',
  '^a{2,3}b{2}c{1,}$',
  '^a{b',
  'ÄÖÜß',
  'straße',
  'σας',
  'ǆ',
  'µm',
  'ſs',
  'K', // the sign of kelvin: its lower case is k, but k does not match it
  'ı|İ',
  '🦊x',
  String.raw`^\p{L}$`,
  String.raw`^\d+[0-9]$`,
];

const TEXTS = [
  ...[
    'roll 6',
    'ROLL 6',
    'Throw',
    'tHrOw x',
    'roller',
    'a.b*c-d',
    'A.B*C-D',
    'Aä\u0001\t\n\0',
    'aÄ\u0001\t\n\0',
    'abcdef',
    'ABCDEF',
    'xyz',
    'XYZ',
  ],
  ...[
    '_',
    '[',
    '\\',
    'a]b-c',
    'A]B-C',
    '-A',
    'a-',
    '',
    '\b',
    'a WORD b',
    'sword',
    'ABC',
    'aBc',
    'AAbbC',
    'aaaBBCc',
    'A{B',
    'äöüß',
    'ÄÖÜSS',
    'STRASSE',
  ],
  ...[
    'STRAßE',
    'ΣΑΣ',
    'σαΣ',
    'ǅ',
    'Ǆ',
    'µM',
    'μm',
    'ΜM',
    'ſS',
    'SS',
    'ss',
    'k',
    'K',
    'i',
    'I',
    'ı',
    'İ',
    '🦊X',
    'L',
    'p{L}',
    'P{l}',
    '12',
    'À',
    'þ',
    'ÿ',
    'Ÿ',
    '×',
    '÷',
    '.-',
  ],
];

describe('an expression that ignores case', () => {
  it.each(EXPRESSIONS)('%s matches as with the flag i', (source) => {
    const [flagged, expanded] = [new RegExp(source, 'i'), new RegExp(ignoringCase(source))];
    for (const text of TEXTS) expect([text, expanded.exec(text)?.[0]]).toEqual([text, flagged.exec(text)?.[0]]);
  });

  it('matches each code unit as with the flag i', () => {
    const letters = ['a', 'z', 'é', 'ß', 'ÿ', 'µ', 'σ', 'я', 'ǆ', 'ſ', 'ı', 'Ω', 'ẞ', '[ä-ü]', '[^à-ö]', '[Α-Ω]'];
    for (const letter of letters) {
      const [flagged, expanded] = [new RegExp(`^${letter}$`, 'i'), new RegExp(`^${ignoringCase(letter)}$`)];
      for (let unit = 0; unit <= 0xffff; unit++) {
        const text = String.fromCharCode(unit);
        if (flagged.test(text) !== expanded.test(text)) expect([letter, unit]).toBe('the same as with the flag i');
      }
    }
  });

  it('is written in classes that the router matches in linear time', () => {
    expect(ignoringCase(String.raw`^roll\s+(?:[ab]|c1)`)).toBe(String.raw`^[Rr][Oo][Ll][Ll]\s+(?:[aAbB]|[Cc]1)`);
    expect(new LinearRegExp(ignoringCase(String.raw`^größe\s+`)).test('GRÖßE 5')).toBe(true);
    expect(backtrackingCost(ignoringCase(String.raw`^roll\s+`))).toEqual(backtrackingCost(String.raw`^roll\s+`));
    expect(literalPrefixes(ignoringCase('^(?:a-b|c)'))).toEqual(['A-B', 'A-b', 'a-B', 'a-b', 'C', 'c']);
    expect(literalPrefixes(ignoringCase('^remind'))).toHaveLength(16);
    expect(literalPrefixes(ignoringCase('^remind'))).toContain('rEmI');
  });

  it.each([String.raw`^(a)\1`, String.raw`^(?<x>a)\k<x>`, '(?i:a)b'])('cannot be made of %s', (source) => {
    expect(() => ignoringCase(source)).toThrow(CaseSensitiveRegexError);
  });
});
