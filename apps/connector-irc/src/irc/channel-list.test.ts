import { describe, expect, it } from 'vitest';
import { ChannelList, joinLines } from './channel-list.ts';

const REJOIN = { autoRejoin: true, waitMs: 5_000, maxRetries: 2 };

function list(rejoin = REJOIN): ChannelList {
  const channels = new ChannelList(rejoin);
  channels.configure([{ name: '#a' }, { name: '#b', key: 'secret' }], 0);
  return channels;
}

describe('ChannelList', () => {
  it('joins the configured channels once', () => {
    const channels = list();
    expect(channels.due(0)).toEqual([{ name: '#a' }, { name: '#b', key: 'secret' }]);
    expect(channels.due(1)).toEqual([]);
    channels.entered('#A');
    expect(channels.joined).toEqual(['#a']);
    expect([channels.isComing('#b'), channels.isComing('#a'), channels.isComing('#other')]).toEqual([true, false, false]);
  });

  it('follows a renamed channel, whatever name the configuration has', () => {
    const channels = list();
    channels.due(0);
    for (const name of ['#a', '#b']) channels.entered(name);
    expect([channels.renamed('#A', '#new'), channels.renamed('#new', '#newer'), channels.renamed('#other', '#x')]).toEqual([
      ...['config', 'config', undefined],
    ]);
    expect(channels.joined).toEqual(['#b', '#newer']);
    expect(channels.configure([{ name: '#a' }, { name: '#b', key: 'secret' }], 0)).toEqual([]);
    expect(channels.configure([{ name: '#newer' }, { name: '#b', key: 'secret' }], 0)).toEqual([]);
    expect([channels.joined, channels.due(0)]).toEqual([['#b', '#newer'], []]);
    channels.disconnected();
    expect(channels.due(0).map(({ name }) => name)).toEqual(['#b', '#newer']);
    // Back to its former name.
    channels.entered('#newer');
    channels.renamed('#newer', '#a');
    expect(channels.configure([{ name: '#a' }], 0)).toEqual(['#b']);
    expect(channels.joined).toEqual(['#a']);
  });

  it('joins each of two channels that differ in the case of a letter outside ASCII', () => {
    const channels = new ChannelList(REJOIN);
    channels.configure([{ name: '#Ärger' }, { name: '#ärger' }], 0);
    expect(channels.due(0)).toEqual([{ name: '#Ärger' }, { name: '#ärger' }]);
  });

  it('knows which channels are the same by the case mapping of the server', () => {
    const channels = new ChannelList(REJOIN);
    const both = [{ name: '#a[' }, { name: '#a{' }];
    channels.configure(both, 0);
    expect(channels.due(0)).toEqual([{ name: '#a{' }]);
    channels.mapping = 'ascii';
    channels.configure(both, 0);
    expect(channels.due(0)).toEqual([{ name: '#a[' }]);
    channels.entered('#a{');
    expect([channels.joined, channels.isComing('#a[')]).toEqual([['#a{'], true]);
    channels.mapping = 'rfc1459';
    expect(channels.joined).toEqual(['#a{']);
  });

  it('asks again when the server does not answer a JOIN', () => {
    const channels = list();
    channels.due(0);
    expect(channels.nextDueMs()).toBe(30_000);
    expect(joinLines(channels.due(30_000))).toEqual(['JOIN #a', 'JOIN #b secret']);
    channels.refused('#a', 30_000);
    expect(joinLines(channels.due(35_000))).toEqual(['JOIN #a']);
  });

  it('joins channels one by one when the server did not answer a JOIN of several, of which some servers take only one', () => {
    const channels = new ChannelList(REJOIN);
    channels.configure([{ name: '#a' }, { name: '#b' }, { name: '#c' }], 0);
    expect(joinLines(channels.due(0))).toEqual(['JOIN #a,#b,#c']);
    channels.entered('#a');
    channels.want({ name: '#d' }, 30_000);
    channels.want({ name: '#e' }, 30_000);
    expect(joinLines(channels.due(30_000))).toEqual(['JOIN #d,#e', 'JOIN #b', 'JOIN #c']);
  });

  it('rejoins after a kick with a growing delay, until the limit', () => {
    const channels = list();
    channels.due(0);
    channels.entered('#a');
    channels.entered('#b');
    expect(channels.kickedFrom('#a', 1_000)).toBe(5_000);
    expect([channels.due(5_999), channels.due(6_000)]).toEqual([[], [{ name: '#a' }]]);
    expect(channels.refused('#a', 6_100)).toBe(10_000);
    channels.due(16_100);
    expect(channels.refused('#a', 16_200)).toBeUndefined();
    expect(channels.isComing('#a')).toBe(false);
    channels.want({ name: '#a' }, 20_000);
    expect(channels.due(20_000)).toEqual([{ name: '#a' }]);
  });

  it('resets the count once it has joined', () => {
    const channels = list();
    channels.entered('#a');
    channels.kickedFrom('#a', 0);
    channels.entered('#a');
    expect(channels.kickedFrom('#a', 0)).toBe(5_000);
  });

  it('does not rejoin after a kick without autoRejoin, until the next connection', () => {
    const channels = list({ ...REJOIN, autoRejoin: false });
    channels.entered('#a');
    expect(channels.kickedFrom('#a', 0)).toBeUndefined();
    channels.disconnected();
    expect(channels.due(0).map(({ name }) => name)).toContain('#a');
  });

  it('keeps trying a channel that it has never joined', () => {
    const channels = list();
    channels.due(0);
    const waits = Array.from({ length: 12 }, () => channels.refused('#a', 0));
    expect([waits[0], waits[1], waits.at(-1)]).toEqual([5_000, 10_000, 600_000]);
  });

  it('keeps channels joined at run time when the configuration changes, and returns those that were removed from it', () => {
    const channels = list();
    channels.want({ name: '#run' }, 0);
    channels.want({ name: '#a' }, 0);
    expect(channels.configure([{ name: '#b', key: 'secret' }, { name: '#c' }], 0)).toEqual(['#a']);
    expect(channels.due(0).map(({ name }) => name)).toEqual(['#b', '#run', '#c']);
    expect(channels.atRunTime).toEqual([{ name: '#run' }]);
  });

  it('tries again at once when a key has changed', () => {
    const channels = list();
    channels.due(0);
    channels.refused('#b', 0);
    channels.configure([{ name: '#a' }, { name: '#b', key: 'other' }], 10);
    expect(channels.due(10)).toEqual([{ name: '#b', key: 'other' }]);
  });

  it('leaves a channel permanently when it is not wanted', () => {
    const channels = list();
    channels.entered('#a');
    channels.unwant('#A');
    channels.disconnected();
    expect(channels.due(0).map(({ name }) => name)).toEqual(['#b']);
    expect(channels.kickedFrom('#a', 0)).toBeUndefined();
  });
});

describe('joinLines', () => {
  it('joins many channels with few lines, keys first', () => {
    expect(joinLines([{ name: '#a' }, { name: '#b', key: 'k' }])).toEqual(['JOIN #b,#a k']);
    const many = Array.from({ length: 40 }, (_, n) => ({ name: `#${'x'.repeat(40)}${n}`, key: n % 2 === 0 ? `key${n}` : undefined }));
    const lines = joinLines(many);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(510);
    expect(lines.flatMap((line) => line.split(' ')[1]?.split(',') ?? []).toSorted()).toEqual(many.map(({ name }) => name).toSorted());
  });
});
