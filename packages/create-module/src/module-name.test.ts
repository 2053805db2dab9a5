import { describe, expect, it } from 'vitest';
import { nameProblem } from './module-name.ts';

describe('a name', () => {
  it.each(['a', 'my-bot', 'bot2', 'x'.repeat(40)])('may be %s', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  it.each([
    ['My Bot', 'my-bot'],
    ['myBot', 'my-bot'],
    ['my_bot', 'my-bot'],
    ['2fast', 'fast'],
    ['-bot-', 'bot'],
    ['@scope/bot', 'scope-bot'],
    ['Café-Müller', 'cafe-muller'],
    ['x'.repeat(41), 'x'.repeat(40)],
    ...['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null'].map((word) => [word, `${word}-bot`]),
    ['Null', 'null-bot'],
  ])('may not be %j, but %s', (name, better) => {
    expect(nameProblem(name)).toMatch(new RegExp(String.raw`^"${name}" is not a valid name for a module: .* Try ${better}\.$`));
    expect(nameProblem(better)).toBeUndefined();
  });

  it('may not be that of the file that starts the module, nor that of one of its packages', () => {
    expect(nameProblem('main')).toMatch(/src\/main\.ts is the entry file of the module\. Try main-bot\.$/);
    expect(nameProblem('vitest', ['typescript', 'vitest'])).toMatch(
      /it is the name of a package that the module is built with\. Try vitest-bot\.$/,
    );
    expect(nameProblem('vitest')).toBeUndefined();
  });

  it.each(['', '!', '42', 'ß'])('may not be %j', (name) => {
    expect(nameProblem(name)).toMatch(/no hyphen last\.$/);
  });
});
