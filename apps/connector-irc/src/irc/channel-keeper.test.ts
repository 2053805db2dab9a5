import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import { ChannelKeeper, type ChannelKeeperDeps } from './channel-keeper.ts';

it('keeps a bounded number of channels that are joined at run time', async () => {
  const none = (): void => undefined;
  const report = { channel: none, joinRefused: none } as unknown as ChannelKeeperDeps['report'];
  const deps = { clock: new ManualClock(), report, command: none, mayJoin: () => true, onRunTimeChannels: none };
  const keeper = new ChannelKeeper({ autoRejoin: true, waitMs: 5_000, maxRetries: 5 }, deps);
  keeper.configure([{ name: '#configured' }], { autoRejoin: true, waitMs: 5_000, maxRetries: 5 });
  for (let n = 0; n < 500; n++) {
    const joined = keeper.join({ name: `#run${n}` });
    keeper.refused(`#run${n}`, 'no such channel');
    await expect(joined).rejects.toThrow('no such channel');
  }
  await expect(keeper.join({ name: '#one-more' })).rejects.toThrow('the bot has joined 500 channels at run time');
  expect(keeper.atRunTime).toHaveLength(500);
  const again = keeper.join({ name: '#RUN1', key: 'k' });
  keeper.own({ eventType: 'join', channel: '#run1', nick: 'eevee', user: '', userHost: '' });
  await again;
  keeper.part('#run1');
  const other = keeper.join({ name: '#one-more' });
  keeper.own({ eventType: 'join', channel: '#one-more', nick: 'eevee', user: '', userHost: '' });
  await other;
  expect(keeper.joined).toEqual(['#one-more']);
});
