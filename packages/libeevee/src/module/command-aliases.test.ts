import { describe, expect, it } from 'vitest';
import { deafAliases, regexWithAliases } from './command-aliases.ts';

const command = (regex: string, aliases: string[], name = 'roll') => ({ commandDisplayName: name, regex, help: { aliases } });

describe('the aliases of a command', () => {
  it.each([
    [command(String.raw`^roll\s+`, ['throw', 'd']), String.raw`^(?:roll|throw|d)\s+`],
    [command('^roll$', ['throw it']), '^(?:roll|throw it)$'],
    [command('^roll', ['c++']), String.raw`^(?:roll|c\+\+)`],
    [command(String.raw`^(?:roll|throw)\s+`, ['throw']), String.raw`^(?:roll|throw)\s+`],
    [command(String.raw`^roll\s+`, []), String.raw`^roll\s+`],
    [{ commandDisplayName: 'dice', regex: '^roll$', help: { command: 'roll', aliases: ['throw'] } }, '^(?:roll|throw)$'],
  ])('of %j are called by its regex', (given, regex) => {
    expect(regexWithAliases(given)).toBe(regex);
    expect(deafAliases(given)).toEqual([]);
    for (const alias of given.help.aliases) expect(new RegExp(regex).test(alias) || new RegExp(regex).test(`${alias} `)).toBe(true);
  });

  it.each([
    [command(String.raw`^r(?:oll)?\s+`, ['throw']), ['throw']],
    [command('^rolling$', ['throw']), ['throw']],
    [command('^rol+$', ['throw'], 'rol'), ['throw']],
  ])('of %j cannot be called', (given, deaf) => {
    expect(deafAliases(given)).toEqual(deaf);
    expect(regexWithAliases(given)).toBe(given.regex);
  });
});
