import { describe, expect, it } from 'vitest';
import { HelpRegistry, readModuleHelp, readModuleName } from './registry.ts';

const entry = { command: 'echo', descr: 'Repeats your text', params: [] };

describe('readModuleHelp', () => {
  it('reads the help that modules publish', () => {
    expect(readModuleHelp(JSON.stringify({ from: 'echo', help: [entry] }))).toEqual({ from: 'echo', entries: [entry] });
  });

  it.each(['', 'null', '"text"', '[]', '{}', '{"from":"echo"}', '{"from":"","help":[]}', '{"from":7,"help":[]}', 'no JSON'])(
    'refuses %s',
    (payload) => {
      expect(readModuleHelp(payload)).toBeUndefined();
    },
  );

  it('keeps the valid parts of malformed entries', () => {
    const help = [null, {}, { command: ' ' }, { command: 'x', params: [null, { param: 'a' }, { required: true }], aliases: [1, 'y'] }];
    expect(readModuleHelp(JSON.stringify({ from: 'odd', help }))?.entries).toEqual([
      { command: 'x', descr: '', params: [{ param: 'a', required: false, descr: '' }], aliases: ['y'] },
    ]);
  });
});

describe('a hostile text in the help of a module', () => {
  const read = (help: unknown): unknown => readModuleHelp(JSON.stringify({ from: 'odd', help: [help] }))?.entries[0];

  it('becomes one line without formatting, so that it neither adds lines to an answer nor colours the text after it', () => {
    expect(read({ command: '\u0002ec\u000304,05ho\r\nQUIT', descr: 'one\ntwo\u0001\u0000\u2028three\u0004ff0000!', params: [] })).toEqual({
      command: 'echo QUIT',
      descr: 'one two three!',
      params: [],
    });
  });

  it('is truncated between characters', () => {
    const { command, descr } = read({ command: 'x'.repeat(10_000), descr: '🦊'.repeat(100_000), params: [] }) as Record<string, string>;
    expect(command).toBe(`${'x'.repeat(59)}…`);
    expect(descr).toBe(`${'🦊'.repeat(299)}…`);
  });

  it('is omitted beyond twenty parameters and aliases', () => {
    const params = Array.from({ length: 500 }, (_, index) => ({ param: `p${index}`, required: true, descr: '' }));
    const aliases = Array.from({ length: 500 }, (_, index) => `a${index}`);
    expect(read({ command: 'x', descr: '', params, aliases })).toMatchObject({
      params: { length: 20 },
      aliases: { length: 20 },
    });
  });

  it('does not prevent the removal of a module', () => {
    const from = `\u0002m\n${'x'.repeat(100)}`;
    expect(readModuleName(JSON.stringify({ from }))).toBe(readModuleHelp(JSON.stringify({ from, help: [] }))?.from);
  });
});

describe('HelpRegistry', () => {
  it('replaces the entries of a module, and removes those of one that stopped', () => {
    const registry = new HelpRegistry();
    registry.record({ from: 'b', entries: [entry] }, 0);
    registry.record({ from: 'a', entries: [entry] }, 0);
    registry.record({ from: 'b', entries: [entry, entry] }, 1);
    expect(registry.modules.map(({ from, entries }) => [from, entries.length])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    registry.remove('a');
    expect(registry.modules.map(({ from }) => from)).toEqual(['b']);
  });

  it('removes a module that did not repeat its help for five minutes', () => {
    const registry = new HelpRegistry();
    registry.record({ from: 'gone', entries: [entry] }, 0);
    registry.record({ from: 'here', entries: [entry] }, 60_000);
    registry.expire(300_001);
    expect(registry.modules.map(({ from }) => from)).toEqual(['here']);
  });
});
