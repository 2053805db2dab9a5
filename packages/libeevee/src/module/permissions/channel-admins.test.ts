import { describe, expect, it, vi } from 'vitest';
import { ChannelAdmins, type ChannelPerson } from './channel-admins.ts';

const fox: ChannelPerson = { platform: 'irc', instance: 'main', channel: '#den', nick: 'fox' };

function remembered() {
  let nowMs = 0;
  const ask = vi.fn<(person: ChannelPerson) => Promise<boolean>>(async ({ nick }) => Promise.resolve(nick === 'fox'));
  return { admins: new ChannelAdmins({ ask, now: () => nowMs }), ask, pass: (ms: number) => void (nowMs += ms) };
}

describe('channel admins', () => {
  it('are asked for once, for a minute, in each channel of each connector', async () => {
    const { admins, ask, pass } = remembered();
    const answers = [admins.isAdmin(fox), admins.isAdmin(fox), admins.isAdmin({ ...fox, nick: 'owl' })];
    expect([await Promise.all(answers), ask.mock.calls.length]).toEqual([[true, true, false], 2]);
    pass(59_999);
    await admins.isAdmin(fox);
    expect(ask).toHaveBeenCalledTimes(2);
    pass(1);
    await admins.isAdmin(fox);
    await admins.isAdmin({ ...fox, channel: '#hill' });
    await admins.isAdmin({ ...fox, instance: 'other' });
    expect(ask).toHaveBeenCalledTimes(5);
  });

  it('are asked for again under a name that belongs to another user on some servers', async () => {
    const { admins, ask } = remembered();
    for (const nick of ['fox[1]', 'fox{1}', 'Fox[1]']) await admins.isAdmin({ ...fox, nick });
    expect(ask).toHaveBeenCalledTimes(3);
    admins.forget({ ...fox, nick: 'FOX{1}', channel: '#DEN' });
    for (const nick of ['fox[1]', 'fox{1}', 'Fox[1]']) await admins.isAdmin({ ...fox, nick });
    expect(ask).toHaveBeenCalledTimes(6);
  });

  it('are asked for again after events of users may have been missed', async () => {
    const { admins, ask } = remembered();
    await admins.isAdmin(fox);
    admins.forgetAll();
    await admins.isAdmin(fox);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('are remembered no longer when the clock is set back', async () => {
    const { admins, ask, pass } = remembered();
    await admins.isAdmin(fox);
    pass(-3_600_000);
    await admins.isAdmin(fox);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('are asked for again after a failure', async () => {
    const { admins, ask } = remembered();
    ask.mockRejectedValueOnce(new Error('no answer'));
    await expect(admins.isAdmin(fox)).rejects.toThrow('no answer');
    expect([await admins.isAdmin(fox), ask.mock.calls.length]).toEqual([true, 2]);
  });

  it('are forgotten in one channel, or in all', async () => {
    const { admins, ask } = remembered();
    const hill = { ...fox, channel: '#hill' };
    for (const each of [fox, hill]) await admins.isAdmin(each);
    admins.forget({ ...fox, nick: 'Fox' });
    for (const each of [fox, hill]) await admins.isAdmin(each);
    expect(ask).toHaveBeenCalledTimes(3);
    admins.forget({ ...fox, channel: null });
    for (const each of [fox, hill]) await admins.isAdmin(each);
    expect(ask).toHaveBeenCalledTimes(5);
  });

  it('are remembered for at most 10,000 users', async () => {
    const { admins, ask } = remembered();
    for (let user = 0; user <= 10_000; user++) await admins.isAdmin({ ...fox, nick: `user${user}` });
    await admins.isAdmin({ ...fox, nick: 'user10000' });
    expect(ask).toHaveBeenCalledTimes(10_001);
    await admins.isAdmin({ ...fox, nick: 'user0' });
    expect(ask).toHaveBeenCalledTimes(10_002);
  });
});
