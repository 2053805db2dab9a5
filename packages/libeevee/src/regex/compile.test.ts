import vm from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../log/log.ts';
import { compileRegex } from './compile.ts';

const ROUNDS = Number(process.env['REGEX_ROUNDS'] ?? 2_000);

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.spyOn(log, 'error').mockImplementation((message) => void lines.push(String(message)));
});

afterEach(() => void vi.restoreAllMocks());

/** Results of every method that applies an expression to a text. */
function uses(regex: RegExp, text: string): unknown {
  const flags = `${regex.flags}g`;
  const each = regex.constructor === RegExp ? new RegExp(regex, flags) : compileRegex(regex.source, { flags });
  return {
    exec: matched(regex.exec(text)),
    test: regex.test(text),
    all: [...text.matchAll(each)].map(matched),
    replaced: text.replace(each, '<$&$1>'),
    search: text.search(regex),
    split: text.split(regex),
    splitTwo: text.split(regex, 2),
  };
}

const matched = (match: RegExpMatchArray | null): unknown =>
  match && { groups: [...match], index: match.index, named: { ...match.groups } };

/** Reproducible randomness. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ATOMS = String.raw`a b c . \s \S \d \w \W \b \B ^ $ [a-c] [^b] [\s-] [^\S] [] [^] [\]\\] [[a] [\b] \/ \- \_ { } ] a{ {b} \x61 \u0062 \cJ \0 \n x{2} 🦊 é \u{3}`;
const QUANTIFIERS = ['', '', '', '', '?', '*', '+', '*?', '+?', '{2}', '{1,2}', '{0,}?'];

/**
 * Only groups that contain no group and match at least one character are repeated: RE2 and JavaScript differ in the content of a group
 * after several rounds, and in whether an empty round counts.
 */
function randomPattern(below: (n: number) => number, depth = 0): string {
  const atoms = ATOMS.split(' ');
  const consuming = atoms.filter((atom) => !/^[\^$]|^\\[bB]$/.test(atom));
  const one = (from: readonly string[]): string => from[below(from.length)] ?? '';
  const piece = (): string => {
    if (depth < 2 && below(5) === 0) return `${one(['(', '(?:', `(?<n${below(1e6)}>`])}${randomPattern(below, depth + 1)})`;
    if (below(5) === 0) return `(?:${one(consuming)}|${one(consuming)}${one(consuming)})${one(QUANTIFIERS)}`;
    return below(5) === 0 ? one(atoms) : one(consuming) + one(QUANTIFIERS);
  };
  return Array.from({ length: below(4) + 1 }, () => piece() + (below(8) === 0 ? '|' : '')).join('');
}

function randomText(below: (n: number) => number): string {
  const characters = [
    'a',
    'b',
    'c',
    'a',
    ' ',
    '\n',
    '-',
    ']',
    '{',
    '}',
    '\\',
    '/',
    'ab',
    '\u00a0',
    '🦊',
    'é',
    '1',
    '_',
    'x',
    'u',
    '\u2028',
  ];
  return Array.from({ length: below(8) }, () => characters[below(characters.length)]).join('');
}

describe('compileRegex', () => {
  it('matches like JavaScript for random expressions and texts', () => {
    const below = chance(39);
    let compared = 0;
    while (compared < ROUNDS) {
      const flags = ['', 'i', 's', 'is', 'u', 'iu'][below(6)] ?? '';
      // Without `u`, JavaScript reads the two halves of an emoji separately.
      const wholeOrNone = (drawn: string): string => (flags.includes('u') ? drawn : drawn.replaceAll('🦊', 'é'));
      const pattern = wholeOrNone(randomPattern(below));
      const text = wholeOrNone(randomText(below));
      let own: RegExp;
      try {
        own = new RegExp(pattern, flags);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        continue;
      }
      const linear = compileRegex(pattern, { flags });
      expect(lines, pattern).toEqual([]);
      expect(uses(linear, text), `${own} on ${JSON.stringify(text)}`).toEqual(uses(own, text));
      compared++;
    }
  });

  it.each([['^(a+)+$'], ['^(a|a)*$'], ['(x+x+)+y'], ['\\s*$'], ['^(([a-z])+.)+[A-Z]([a-z])+$'], ['(.*)*=.*']])(
    'ends, where backtracking would not in a lifetime: %s',
    (pattern) => {
      const text = `${'a'.repeat(20_000)}${' x'.repeat(10_000)}\n!`;
      expect(compileRegex(pattern).test(text)).toBe(compileRegex(`(?:${pattern})`).test(text));
      expect(lines).toEqual([]);
      expect(text.split(compileRegex(pattern)).length).toBeGreaterThan(0);
    },
  );

  it.each([
    ['x'.repeat(501), '', /501 characters, at most 500 are allowed/],
    ['(unfinished', '', /Unterminated group/],
    ['(?:(?:.{0,100}){10}){10}', '', /invalid repeat count|too large/],
    [String.raw`\w{900}`.repeat(3), '', /too large/],
    ['a', 'gg', /Invalid flags/],
    ['a', 'v', /flag v/],
  ])('never matches %s with flags "%s", and logs the reason', (pattern, flags, reason) => {
    const refused = compileRegex(pattern, { flags });
    expect(lines).toEqual([expect.stringMatching(reason)]);
    for (const text of ['', 'a', 'ab', 'aa', pattern]) expect([refused.test(text), text.search(refused)]).toEqual([false, -1]);
  });

  it.each([
    [String.raw`^lurkers(?!-)\s*`, 'lurkers  in', 'lurkers-in'],
    ['a(?=b)', 'ab', 'ac'],
    ['(?<=a)b', 'ab', 'cb'],
    ['(?<!a)b', 'cb', 'ab'],
    [String.raw`(a|b)\1`, 'bb', 'ab'],
    [String.raw`(?<n>a|b)\k<n>`, 'bb', 'ab'],
    ['(?<word>[a-z]+)(?=;)(b)?|(c)', 'ab; c', '1'],
  ])('matches look-arounds and backreferences as JavaScript does: %s', (pattern, yes, no) => {
    for (const flags of ['', 'i', 'u', 'd']) {
      const [own, bounded] = [new RegExp(pattern, flags), compileRegex(pattern, { flags })];
      for (const text of [yes, no, `${no} ${yes}${yes}`, '']) expect(uses(bounded, text), text).toEqual(uses(own, text));
      expect(bounded.exec(yes)?.indices).toEqual(own.exec(yes)?.indices);
    }
    expect(lines).toEqual([]);
  });

  it('stops an expression that backtracks excessively, and never tries it again', () => {
    const slow = compileRegex('^(?=(a+)+$)');
    expect(slow.test('aaa')).toBe(true);
    expect(slow.test(`${'a'.repeat(40)}b`)).toBe(false);
    expect([slow.test('aaa'), lines]).toEqual([false, [expect.stringMatching(/it took longer than 50 ms/)]]);
  });

  it('does not count the time for which a busy machine delays a match', () => {
    const bounded = compileRegex('^a(?!b)');
    const run = vi.spyOn(vm.Script.prototype, 'runInContext');
    for (let delay = 0; delay < 20; delay++) {
      run.mockImplementationOnce(() => {
        throw Object.assign(new Error('timed out'), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
      });
    }
    expect([bounded.test('ac'), bounded.test('ab'), lines]).toEqual([true, false, []]);
    // More if this machine is busy, too.
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(22);
  });

  it('does not count the time that its engine takes to start', async () => {
    const createContext = vm.createContext.bind(vm);
    vi.spyOn(vm, 'createContext').mockImplementation((...given) => {
      for (const startedMs = process.cpuUsage().user; process.cpuUsage().user - startedMs < 100_000;);
      return createContext(...given);
    });
    vi.resetModules();
    const fresh = await import('./compile.ts');
    expect(fresh.compileRegex('^a(?!b)').test('ac')).toBe(true);
    expect(vm.createContext).toHaveBeenCalledOnce();
  });

  it.each(['a+$|a', '(?:a?){50}b|a', '(a*)*b|a', String.raw`(?:[a-z]{1,30}){20}\d|a`, 'a*?|b'])(
    'finds all matches of a long text in time proportional to it: %s',
    (pattern) => {
      const text = `${'a'.repeat(20_000)}c`;
      const each = compileRegex(pattern, { flags: 'g' });
      const found = [...text.matchAll(each)].map((match) => match[0]);
      expect(found.length).toBeGreaterThan(19_999);
      expect(text.match(each)).toEqual(found);
      expect(text.replace(each, '').length).toBe(text.length - found.join('').length);
      expect(text.split(compileRegex(pattern)).length).toBeGreaterThan(1);
      expect(text.search(each)).toBe(0);
      expect(lines).toEqual([]);
    },
  );

  it('returns an expression that never matches, also for all matches', () => {
    expect([...'aaa'.matchAll(compileRegex('(', { flags: 'g' }))]).toEqual([]);
  });

  it('accepts an expression of 500 characters', () => {
    expect(compileRegex(`^${'x'.repeat(499)}`).test('x'.repeat(499))).toBe(true);
  });

  it('advances lastIndex with the flags g and y as RegExp does', () => {
    for (const flags of ['g', 'y', 'gy']) {
      const own = new RegExp('a|bb', flags);
      const linear = compileRegex('a|bb', { flags });
      for (let n = 0; n < 6; n++) {
        expect([linear.exec('abbcabb')?.index, linear.lastIndex]).toEqual([own.exec('abbcabb')?.index, own.lastIndex]);
      }
    }
  });

  it('returns the spans of groups with the flag d', () => {
    const [own, linear] = [/x(?<n>a)|(b)/d, compileRegex('x(?<n>a)|(b)', { flags: 'd' })];
    expect(linear.exec('..xa')?.indices).toEqual(own.exec('..xa')?.indices);
    expect(linear.exec('..xa')?.indices?.groups).toEqual({ n: [3, 4] });
  });

  it('returns a RegExp', () => {
    const linear = compileRegex('^echo', { flags: 'i' });
    expect([linear instanceof RegExp, linear.source, linear.flags, String(linear)]).toEqual([true, '^echo', 'i', '/^echo/i']);
  });
});

it('quotes no expression above debug, because it may come from a message', () => {
  const fields: unknown[] = [];
  vi.spyOn(log, 'error').mockImplementation((message, more) => void fields.push(message, more));
  for (const pattern of [
    '(secret',
    'secret)',
    '[secret',
    'secret**',
    'x{1,2}{secret',
    '(?<secret',
    `secret${'x'.repeat(500)}`,
    '(secret{1000}){1000}',
  ])
    expect(compileRegex(pattern).test('secret')).toBe(false);
  expect(JSON.stringify(fields)).not.toContain('secret');
});
