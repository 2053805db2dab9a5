import { describe, expect, it, vi } from 'vitest';
import { ignoringCase } from '../regex/ignoring-case.ts';
import { CommandIndex } from './command-index.ts';
import { commandLiterals, folded } from './command-literals.ts';
import { Patterns } from './pattern.ts';
import { readCommand } from './registrations.ts';

describe('commandLiterals', () => {
  it.each([
    [String.raw`^echo\s+`, { prefixes: ['echo'] }],
    [String.raw`^Echo\.now$`, { prefixes: ['echo.now'] }],
    ['^[Ee][Cc]ho', { prefixes: ['echo'] }],
    ['^(?:help|Commands)$', { prefixes: ['help', 'commands'] }],
    [String.raw`^\s*echo`, { prefixes: ['echo'] }],
    [String.raw`^\s?echo`, { prefixes: ['echo'] }],
    ['^colou?r', { prefixes: ['colo'] }],
    ['^go+gle', { prefixes: ['go'] }],
    ['^[ab]cho', { inside: 'cho' }],
    [String.raw`\bweather\s+in`, { inside: 'weather' }],
    ['^.*weather.*$', { inside: 'weather' }],
    [String.raw`\d{2,3}sided`, { inside: 'sided' }],
    [String.raw`^(?:\d+)?d20`, { inside: 'd20' }],
    [String.raw`(?<!no)\sthanks(?! for)`, { inside: 'thanks' }],
    ['x'.repeat(30), { inside: 'x'.repeat(16) }],
    ['one|two', {}],
    ['^(?:one|two)|three', {}],
    ['^(?:one|)two', { inside: 'two' }],
    ['.*', {}],
    [String.raw`\u0041bc`, {}],
    [String.raw`\x41bc`, {}],
    [String.raw`\p{Lu}bc`, {}],
    [String.raw`(.)\1bc`, {}],
    ['a{b', {}],
    ['a{0,2}b?', {}],
  ])('of %s are %j', (pattern, literals) => {
    expect(commandLiterals(pattern)).toEqual(literals);
  });
});

it('folds ASCII only, so that no character changes its length', () => {
  expect(folded('ÄİAbC')).toBe('Äİabc');
});

/** The same numbers for each seed, from 0 to 1. */
function* randoms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

const ATOMS = [
  'a',
  'b',
  'B',
  'ab',
  ' ',
  '.',
  String.raw`\s`,
  String.raw`\b`,
  '[aA]',
  '[ab]',
  '[^b]',
  '(?:a|b)',
  '(a)',
  '(?!b)',
  String.raw`\.`,
];
const QUANTIFIERS = ['', '', '', '', '*', '+', '?', '{2}', '{0,1}', '+?'];

function randomPattern(random: Generator<number, never>): string {
  const pick = (choices: readonly string[]): string => choices[Math.floor(random.next().value * choices.length)] ?? '';
  const sequence = (): string =>
    Array.from({ length: 1 + Math.floor(random.next().value * 4) }, () => {
      const atom = pick(ATOMS);
      return atom.startsWith('(?!') || atom === String.raw`\b` ? atom : `${atom}${pick(QUANTIFIERS)}`;
    }).join('');
  const body = random.next().value < 0.2 ? `${sequence()}|${sequence()}` : sequence();
  const anchor = pick(['', '^', '^', String.raw`^\s*`]);
  return random.next().value < 0.3 ? `${anchor}(?:${body})${sequence()}` : `${anchor}${body}`;
}

describe('the index of commands', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index))('offers each text to every command that it matches, seed %i', (seed) => {
    const random = randoms(seed);
    const patterns = new Patterns();
    const sources = Array.from({ length: 60 }, () => randomPattern(random)).flatMap((source, index) =>
      index % 5 === 0 ? [source, ignoringCase(source)] : [source],
    );
    const commands = sources.map((regex, index) => {
      const reading = readCommand({ commandUUID: `c-${index}`, regex }, patterns);
      if ('problems' in reading) throw new Error(`${regex}: ${reading.problems.join()}`);
      return reading.make();
    });
    const index = new CommandIndex(commands);
    for (let round = 0; round < 60; round++) {
      const text = Array.from({ length: 6 }, () => 'abAB. c'[Math.floor(random.next().value * 7)])
        .join('')
        .trim();
      const candidates = index.candidates([text, text.slice(1).trim()]);
      const offered = new Set(candidates);
      // In order of registration, each once.
      expect(candidates).toEqual(commands.filter((command) => offered.has(command)));
      for (const each of [text, text.slice(1).trim()]) {
        const missed = commands.filter((command) => new RegExp(command.registration.regex).test(each) && !offered.has(command));
        expect(missed.map(({ registration }) => registration.regex)).toEqual([]);
      }
    }
  });

  it('offers ten thousand commands that differ at their end to few texts', () => {
    const patterns = new Patterns();
    const commands = Array.from({ length: 10_000 }, (_, number) => {
      const reading = readCommand({ commandUUID: `c-${number}`, regex: ignoringCase(String.raw`^command${number}(?:\s+|$)`) }, patterns);
      if ('problems' in reading) throw new Error(reading.problems.join());
      return reading.make();
    });
    const offered = new CommandIndex(commands).candidates(['!Command1234 hello', 'Command1234 hello']);
    expect(offered.map(({ id }) => id)).toEqual(['c-1', 'c-12', 'c-123', 'c-1234']);
  });

  it('is extended by later commands, and made again after other changes', () => {
    const patterns = new Patterns();
    const command = (commandUUID: string, regex: string) => {
      const reading = readCommand({ commandUUID, regex }, patterns);
      if ('problems' in reading) throw new Error(reading.problems.join());
      return reading.make();
    };
    const first = Array.from({ length: 1_000 }, (_, number) => command(`c-${number}`, String.raw`^command${number}\b`));
    const index = new CommandIndex(first);
    const lookUps = (commands: typeof first): number => {
      using get = vi.spyOn(WeakMap.prototype, 'get');
      index.update(commands);
      return get.mock.calls.length;
    };
    const [late, any] = [command('late', '^command7'), command('any', 'm')];
    const offered = (): string[] => index.candidates(['command7']).map(({ id }) => id);
    expect(lookUps([...first, late, any])).toBeLessThan(10);
    expect(offered()).toEqual(['c-7', 'late', 'any']);
    index.update([...first.slice(8), any, late]);
    expect(offered()).toEqual(['any', 'late']);
  });
});
