import { describe, expect, it } from 'vitest';
import { helpOn, overview } from './answers.ts';
import type { ModuleHelp } from './registry.ts';

const echo: ModuleHelp = {
  from: 'echo',
  entries: [
    {
      command: 'echo',
      descr: 'Repeats your text',
      params: [{ param: 'text', required: true, descr: 'The text to repeat' }],
      aliases: ['say'],
    },
  ],
};
const weather: ModuleHelp = {
  from: 'forecasts',
  entries: [
    { command: 'weather', descr: 'The weather now', params: [{ param: 'city', required: false, descr: '' }] },
    { command: 'forecast', descr: '', params: [] },
  ],
};

describe('overview', () => {
  it('lists all commands in one line, sorted, with a hint on how to get more help', () => {
    expect(overview([weather, echo], '!')).toEqual(['Commands: echo, forecast, weather. Type !help <command> for how to use one.']);
  });

  it('breaks lines between commands when they do not fit', () => {
    const entries = Array.from({ length: 200 }, (_, index) => ({ command: `command-${index}`, descr: '', params: [] }));
    const lines = overview([{ from: 'many', entries }], '!');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.every((line) => line.length <= 400)).toBe(true);
    const listed = lines.join(' ').match(/command-\d+/g) ?? [];
    expect(new Set(listed).size).toBe(200);
  });

  const bigModules = (modules: number, commands: number): ModuleHelp[] =>
    Array.from({ length: modules }, (_, module) => ({
      from: `module-${module}`,
      entries: Array.from({ length: commands }, (__, index) => ({ command: `command-${module}-${index}`, descr: '', params: [] })),
    }));

  it('lists the modules when the commands need too many lines', () => {
    const lines = overview(bigModules(20, 500), '!');
    expect(lines[0]).toMatch(/^There are 10000 commands, in these modules: module-0, module-1, /);
    expect(lines.at(-1)).toMatch(/module-19\. Type !help <module> for its commands\.$/);
  });

  it.each([
    [overview(bigModules(10_000, 1), '!')],
    [helpOn(bigModules(1, 10_000), 'module-0', '!')],
    [helpOn(bigModules(1, 50), 'module-0', '!')],
  ])('fits into ten lines, however many commands exist', (lines) => {
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.every((line) => line.length <= 400)).toBe(true);
  });

  it('states how many names are omitted', () => {
    const lines = helpOn(bigModules(1, 10_000), 'module-0', '!');
    const listed = lines.join(' ').match(/command-0-\d+/g) ?? [];
    expect(lines.at(-1)).toContain(`… and ${10_000 - listed.length} more. Type !help <command> for how to use one.`);
  });

  it('states that there are no commands', () => {
    expect(overview([], '!')).toEqual(['None of the running modules declares commands.']);
  });
});

describe('helpOn', () => {
  it('explains a command: usage with the typed prefix, parameters, aliases', () => {
    expect(helpOn([echo, weather], 'echo', 'eevee: ')).toEqual([
      'eevee: echo <text> — Repeats your text',
      '<text>: The text to repeat',
      'Also: eevee: say',
    ]);
  });

  it.each(['SAY', 'Echo'])('finds a command by %s', (name) => {
    expect(helpOn([echo, weather], name, '!')[0]).toBe('!echo <text> — Repeats your text');
  });

  it('lists the commands of a module', () => {
    expect(helpOn([echo, weather], 'forecasts', '!')).toEqual(['!weather [city] — The weather now', '!forecast']);
  });

  it('suggests the nearest name for one that does not exist', () => {
    expect(helpOn([echo, weather], 'wether', '!')).toEqual(['There is no command or module called "wether". Did you mean weather?']);
    expect(helpOn([echo, weather], 'bananas', '!')).toEqual(['There is no command or module called "bananas". !help lists the commands.']);
  });

  it('explains a command that hundreds of modules have in ten lines', () => {
    const lines = helpOn(
      Array.from({ length: 300 }, (_, index) => ({ ...echo, from: `echo-${index}` })),
      'echo',
      '!',
    );
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('… and 891 more lines.');
  });

  it('explains the command of each module when two modules have one of the same name', () => {
    expect(helpOn([echo, { ...echo, from: 'other' }], 'echo', '!')).toHaveLength(6);
  });
});
