import { describe, expect, it } from 'vitest';
import { HelpRegistry, readModuleHelp } from './registry.ts';

const entry = { command: 'echo', descr: 'Repeats your text', params: [] };

describe('readModuleHelp', () => {
  it('reads what modules publish', () => {
    expect(readModuleHelp(JSON.stringify({ from: 'echo', help: [entry] }))).toEqual({ from: 'echo', entries: [entry] });
  });

  it.each(['', 'null', '"text"', '[]', '{}', '{"from":"echo"}', '{"from":"","help":[]}', '{"from":7,"help":[]}', 'no JSON'])(
    'refuses %s',
    (payload) => {
      expect(readModuleHelp(payload)).toBeUndefined();
    },
  );

  it('keeps what can be read of malformed entries', () => {
    const help = [null, {}, { command: ' ' }, { command: 'x', params: [null, { param: 'a' }, { required: true }], aliases: [1, 'y'] }];
    expect(readModuleHelp(JSON.stringify({ from: 'odd', help }))?.entries).toEqual([
      { command: 'x', descr: '', params: [{ param: 'a', required: false, descr: '' }], aliases: ['y'] },
    ]);
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

  it('forgets a module that did not repeat its help for five minutes', () => {
    const registry = new HelpRegistry();
    registry.record({ from: 'gone', entries: [entry] }, 0);
    registry.record({ from: 'here', entries: [entry] }, 60_000);
    registry.expire(300_001);
    expect(registry.modules.map(({ from }) => from)).toEqual(['here']);
  });
});
