import { describe, expect, it } from 'vitest';
import { fittingHelp } from './help-size.ts';
import type { HelpEntry } from './help-entry.ts';

const bytesAtMost = (most: number) => (entries: readonly HelpEntry[]) => Buffer.byteLength(JSON.stringify(entries)) <= most;

const entry = (name: string, descr: string): HelpEntry => ({
  command: name,
  descr,
  params: [{ param: 'text', required: true, descr }],
  aliases: ['other'],
});

describe('help', () => {
  it('that fits stays as it is', () => {
    const entries = [entry('echo', 'x'.repeat(1_000))];
    expect(fittingHelp(entries, bytesAtMost(10_000))).toEqual({ entries });
  });

  it('that is too large has its long texts cut, and only as far as needed', () => {
    const { entries, cut } = fittingHelp([entry('echo', '😀'.repeat(200_000)), entry('short', 'Says it back')], bytesAtMost(5_000));
    expect(entries).toMatchObject([
      { command: 'echo', descr: `${'😀'.repeat(149)}…`, params: [{ param: 'text' }], aliases: ['other'] },
      entry('short', 'Says it back'),
    ]);
    expect(cut).toBe('descriptions of more than 300 characters');
  });

  it('of too many commands keeps the first ones', () => {
    const commands = Array.from({ length: 1_000 }, (_, index) => entry(`command${index}`, 'Does something'));
    const { entries, cut } = fittingHelp(commands, bytesAtMost(20_000));
    expect([entries.length > 200, entries[0]]).toEqual([true, { command: 'command0', descr: '…', params: [] }]);
    expect(cut).toBe(`all descriptions and parameters, and ${1_000 - entries.length} of 1000 commands`);
  });

  it('of which nothing fits is empty', () => {
    expect(fittingHelp([entry('x'.repeat(1_000), '')], bytesAtMost(500))).toEqual({ entries: [], cut: 'all commands' });
  });
});
