import { describe, expect, it } from 'vitest';
import { defineModule } from './define-module.ts';
import { definitionProblems } from './definition-problems.ts';

const command = { commandUUID: 'c-1', commandDisplayName: 'echo', regex: String.raw`^echo\s+`, run: (): void => {} };
const broadcast = { broadcastUUID: 'b-1', broadcastDisplayName: 'seen', run: (): void => {} };

describe('a definition', () => {
  it('is valid with a name, a version and parts with unique identities', () => {
    expect(definitionProblems({ name: 'echo', version: '1.0.0', commands: [command], broadcasts: [broadcast] })).toEqual([]);
  });

  it('names every invalid field', () => {
    expect(
      definitionProblems({
        name: 'my bot',
        version: '',
        concurrency: 0,
        maxPending: 0.5,
        timeoutMs: 0.5,
        commands: [
          { ...command, regex: '(' },
          { ...command, commandDisplayName: '', timeoutMs: -1 },
        ],
        broadcasts: [{ ...broadcast, broadcastUUID: 'two words', broadcastDisplayName: '', messageFilterRegex: '[', timeoutMs: 0 }],
      }),
    ).toEqual([
      'name must be a word without spaces',
      'version is empty',
      'concurrency must be a whole number above 0',
      'maxPending must be a whole number above 0',
      'timeoutMs must be a whole number above 0',
      expect.stringContaining('commands[0].regex: Invalid regular expression'),
      'commands[1].commandDisplayName is empty',
      'commands[1].timeoutMs must be a whole number above 0',
      'broadcasts[0].broadcastUUID must be a unique UUID: generate one with uuidgen',
      'broadcasts[0].broadcastDisplayName is empty',
      expect.stringContaining('broadcasts[0].messageFilterRegex: Invalid regular expression'),
      'broadcasts[0].timeoutMs must be a whole number above 0',
      'the UUID c-1 is used twice: each command, broadcast and event needs its own',
    ]);
  });

  it('names misspelt fields, which would be ignored, and accepts fields of its own', () => {
    const run = (): void => {};
    expect(
      definitionProblems({
        ...{ name: 'm', version: '1', comands: [], onstart: run, author: 'fox' },
        commands: [
          { ...command, rateLimit: { limit: 1 }, Args: [], help: { descr: 'Echoes', alias: ['say'] }, emoji: '🦊', text: 'own' },
          {
            ...{ commandDisplayName: 'list', subcommand: [], run },
            args: [{ name: 'text', type: 'string', descripton: 'Text to say' }],
          },
        ],
        broadcasts: [{ ...broadcast, messageFilterRegExp: 'x' }],
        events: [{ eventtype: '^part$', run }],
        schedules: [{ name: 's', onError: run, timeoutMS: 5, run }],
      }),
    ).toEqual([
      'commands[0].help.alias is not a field: did you mean aliases?',
      'commands[0].rateLimit is not a field: did you mean ratelimit?',
      'commands[0].Args is not a field: did you mean args?',
      'commands[1].args[0].descripton is not a field: did you mean description?',
      'commands[1].subcommand is not a field: did you mean subcommands?',
      'broadcasts[0].messageFilterRegExp is not a field: did you mean messageFilterRegex?',
      'events[0].eventtype is not a field: did you mean eventType?',
      'schedules[0].timeoutMS is not a field: did you mean timeoutMs?',
      'onstart is not a field: did you mean onStart?',
    ]);
  });

  it('generates identities for commands, and names two of the same name', () => {
    const [remind, list] = ['remind', 'list'].map((commandDisplayName) => ({ commandDisplayName, run: (): void => {} }));
    expect(definitionProblems({ name: 'm', version: '1', commands: [remind, list] })).toEqual([]);
    expect(definitionProblems({ name: 'm', version: '1', commands: [remind, list, remind] })).toEqual([
      expect.stringMatching(/^the UUID [0-9a-f-]{36} is used twice/),
    ]);
  });

  it('generates identities for events, and names invalid given ones', () => {
    const run = (): void => {};
    const events = [{ eventType: '^part$', run }, { eventType: '^quit$', run }, { run }];
    expect(definitionProblems({ name: 'seen', version: '1', events })).toEqual([]);
    expect(
      definitionProblems({
        name: 'seen',
        version: '1',
        events: [{ eventType: '(', eventUUID: 'a b', timeoutMs: 0, run }, { eventDisplayName: '', run }, { run }, { run }],
      }),
    ).toEqual([
      'events[0].eventUUID must be a unique UUID: generate one with uuidgen',
      expect.stringContaining('events[0].eventType: Invalid regular expression'),
      'events[0].timeoutMs must be a whole number above 0',
      'events[1].eventDisplayName is empty',
      expect.stringMatching(/^the UUID [0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} is used twice/),
    ]);
  });

  it('names aliases that nothing matches', () => {
    const help = { descr: 'Rolls', params: [], aliases: ['throw'] };
    const roll = { ...command, commandDisplayName: 'roll', regex: '^r$', help };
    expect(definitionProblems({ name: 'dice', version: '1', commands: [roll] })).toEqual([
      'commands[0].help.aliases: no command answers "throw": match it in regex, or begin regex with ^roll',
    ]);
    expect(definitionProblems({ name: 'dice', version: '1', commands: [{ ...roll, regex: '^roll$' }] })).toEqual([]);
  });

  it('names a timeout that is too long for a timer', () => {
    expect(definitionProblems({ name: 'm', version: '1', timeoutMs: 2 ** 31, commands: [{ ...command, timeoutMs: 2 ** 31 }] })).toEqual([
      'timeoutMs must be at most 2147483647, which is 24 days',
      'commands[0].timeoutMs must be at most 2147483647, which is 24 days',
    ]);
  });

  it('that is invalid is rejected before anything starts', () => {
    expect(() => defineModule({ name: '', version: '1.0.0' })).toThrow(expect.objectContaining({ code: 'EEVEE_MODULE_INVALID' }));
  });

  it.each([
    [undefined, 'the definition must be an object'],
    ['echo', 'the definition must be an object'],
    [{}, 'name must be a word without spaces'],
    [{}, 'version must be a string'],
    [{ commands: {} }, 'commands must be a list'],
    [{ commands: ['x'] }, 'commands[0] must be an object'],
    [{ commands: [{ ...command, commandUUID: 'a b' }] }, 'commands[0].commandUUID must be a unique UUID: generate one with uuidgen'],
    [{ commands: [{}] }, 'commands[0].commandDisplayName must be a string'],
    [{ commands: [{ ...command, regex: 5 }] }, 'commands[0].regex must be a regular expression as a string'],
    [{ commands: [{}] }, 'commands[0].run must be a function'],
    [{ commands: [{ ...command, regex: /^x\s+/ }] }, 'commands[0].regex must be a string, not a RegExp: write String.raw`^x\\s+`'],
    [{ commands: [{ ...command, nickPrefixAllowed: 'yes' }] }, 'commands[0].nickPrefixAllowed must be true or false'],
    [{ commands: [{ ...command, help: { params: [{}] } }] }, 'commands[0].help.descr must be a string'],
    [{ commands: [{ ...command, help: { descr: 'x', params: [{}] } }] }, 'commands[0].help.params[0].param must be a string'],
    [{ commands: [{ ...command, help: { descr: 'x', aliases: 'y' } }] }, 'commands[0].help.aliases must be a list'],
    [
      { commands: [{ ...command, args: [{ name: 'a' }] }] },
      'commands[0].args[0].type must be one of string, rest, integer, number, duration, nick, choice',
    ],
    [
      { commands: [{ ...command, args: [], help: { descr: 'x', params: [] } }] },
      'commands[0].help.params must be omitted: help lists args',
    ],
    [{ commands: [{ ...command, ignoreCase: 1 }] }, 'commands[0].ignoreCase must be true or false'],
    [
      { commands: [{ ...command, regex: String.raw`^(a)\1`, ignoreCase: true }] },
      String.raw`commands[0].ignoreCase: a backreference (\1, \k<name>) cannot ignore case`,
    ],
    [
      { commands: [{ ...command, regex: `^${'a'.repeat(501)}`, ignoreCase: true }] },
      'commands[0].ignoreCase: the resulting regex has 2005 characters, and at most 2000 are allowed: shorten it, or remove ignoreCase',
    ],
    [{ commands: [{ ...command, onError: 'x' }] }, 'commands[0].onError must be a function'],
    [{ broadcasts: [{ ...broadcast, run: undefined }] }, 'broadcasts[0].run must be a function'],
    [{ events: [{ eventType: /x/ }] }, 'events[0].eventType must be a string, not a RegExp: write String.raw`x`'],
    [{ onStart: {} }, 'onStart must be a function'],
    [{ timeoutMs: '5' }, 'timeoutMs must be a whole number above 0'],
  ])('%j has the problem: %s', (definition, problem) => {
    expect(definitionProblems(definition)).toContain(problem);
  });

  it.each(['platform', 'network', 'instance', 'channel', 'user', 'nick'])('names an invalid scope, as %s: *', (scope) => {
    const scoped = { name: 'm', version: '1', commands: [{ ...command, [scope]: '*' }], broadcasts: [{ ...broadcast, [scope]: '*' }] };
    expect(definitionProblems(scoped)).toEqual([
      expect.stringMatching(`^commands\\[0\\]\\.${scope}: Invalid regular expression`),
      expect.stringMatching(`^broadcasts\\[0\\]\\.${scope}: Invalid regular expression`),
    ]);
  });

  it('names an invalid rate limit', () => {
    const ratelimit = { mode: 'wait', level: 'user', limit: 1, interval: '1m' };
    expect(definitionProblems({ name: 'm', version: '1', commands: [{ ...command, ratelimit }] })).toEqual([
      'commands[0].ratelimit: mode must be drop or enqueue',
    ]);
  });

  it('names schedules without a usable name or handler, and those listed twice', () => {
    const run = (): void => undefined;
    const schedules = [{ name: 'a b', run }, { name: 'twice', run }, { name: 'twice', run, timeoutMs: 0 }, { name: 'idle' }];
    expect(definitionProblems({ name: 'm', version: '1', schedules })).toEqual([
      'schedules[0].name must be 1 to 64 letters, digits, "-" or "_"',
      'schedules[2].timeoutMs must be a whole number above 0',
      'schedules[3].run must be a function',
      'the schedule twice is listed twice: each needs its own name',
    ]);
  });
});
