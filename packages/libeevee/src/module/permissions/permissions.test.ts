import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { log } from '../../log/log.ts';
import { register } from '../../metrics/registry.ts';
import { startTestBot } from '../../testing/start-test-bot.ts';
import { defineModule } from '../define-module.ts';
import { definitionProblems } from '../definition-problems.ts';

beforeEach(() => {
  register.resetMetrics();
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(log, level).mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

const ratelimit = { mode: 'drop', level: 'global', limit: 0, interval: '1m' } as const;

const moderation = defineModule({
  name: 'moderation',
  version: '1.0.0',
  config: { operators: ['owl'] },
  onError: () => expect.unreachable('a refusal does not call onError'),
  commands: [
    {
      commandDisplayName: 'ban',
      ratelimit,
      allow: { channelAdmin: true, accounts: ['owl'] },
      args: [{ name: 'who', type: 'nick' }],
      run: ({ args, reply }) => reply(`${args.who} is banned`),
    },
    {
      commandDisplayName: 'say',
      ratelimit,
      allow: ({ operators }) => ({ accounts: operators }),
      subcommands: [
        { name: 'hello', run: ({ reply }) => reply('hello') },
        { name: 'time', allow: { nicks: ['fox'] }, run: ({ reply }) => reply('noon') },
      ],
    },
  ],
});

describe('a command with allow', () => {
  it('runs for users who match one kind, and explains the refusal to others in a notice', async () => {
    await using bot = await startTestBot(moderation);
    expect(await bot.say('!ban cat', { nick: 'fox' })).toEqual([]);
    expect(bot.notices.splice(0)).toEqual([
      { target: 'fox', text: 'ban is only for channel admins and some accounts: you are not logged in' },
    ]);
    expect(await bot.say('!ban cat', { account: 'OWL' })).toEqual(['cat is banned']);
    bot.setChannelAdmin('mole');
    expect(await bot.say('!ban cat', { nick: 'mole' })).toEqual(['cat is banned']);
    expect(await bot.say('!ban cat', { nick: 'mole', channel: '#other' })).toEqual([]);
    expect([bot.notices.length, bot.errors]).toEqual([1, []]);
    expect(await register.metrics()).toContain(
      'commands_total{module="moderation",platform="test",network="test",channel="#test",result="refused"} 1',
    );
    expect(log.error).not.toHaveBeenCalled();
  });

  it('refuses, and logs, if the connector does not answer', { timeout: 20_000 }, async () => {
    await using bot = await startTestBot(moderation, { connectorAnswers: false });
    expect(await bot.say('!ban cat', { nick: 'mole' })).toEqual([]);
    expect(bot.notices).toMatchObject([
      { target: 'mole', text: expect.stringContaining('does not currently report who is one: try again later') },
    ]);
    expect(log.warn).toHaveBeenCalledWith(
      'a call was refused because the connector did not report whether the user is a channel admin',
      expect.objectContaining({ command: 'ban', error: expect.objectContaining({ code: 'EEVEE_CONNECTOR_TIMEOUT' }) }),
    );
    expect(await bot.say('!ban cat', { nick: 'mole', account: 'owl' })).toEqual(['cat is banned']);
  });

  it('checks the user before the arguments', async () => {
    await using bot = await startTestBot(moderation);
    expect(await bot.say('!ban', { nick: 'fox' })).toEqual([]);
    expect(await bot.say('!ban', { account: 'owl' })).toEqual(['usage: !ban <who> (who is missing)']);
  });

  it('remembers a channel admin for a minute, or until the user leaves or changes nick', async () => {
    await using bot = await startTestBot(moderation);
    const mayBan = async (nick: string): Promise<boolean> => (await bot.say('!ban cat', { nick })).length > 0;
    bot.setChannelAdmin('mole');
    expect(await mayBan('mole')).toBe(true);
    bot.setChannelAdmin('mole', { isAdmin: false });
    expect(await mayBan('mole')).toBe(true);
    await bot.advance('1m');
    expect(await mayBan('mole')).toBe(false);
    bot.setChannelAdmin('mole');
    expect(await mayBan('mole')).toBe(false);
    await bot.event({ eventType: 'part', nick: 'mole' });
    expect(await mayBan('mole')).toBe(true);
    bot.setChannelAdmin('mole', { isAdmin: false });
    await bot.event({ eventType: 'nick', nick: 'badger', newNick: 'mole', channel: null });
    expect(await mayBan('mole')).toBe(false);
  });

  it('refuses users in a private message who are admitted only in a channel', async () => {
    await using bot = await startTestBot(moderation);
    bot.setChannelAdmin('mole');
    expect(await bot.say('!ban cat', { nick: 'mole', private: true })).toEqual([]);
    expect(bot.notices).toMatchObject([{ target: 'mole', text: expect.stringContaining('call it in the channel') }]);
    expect(await bot.say('!ban cat', { account: 'owl', private: true })).toEqual(['cat is banned']);
  });

  it('follows the configuration, which is validated', async () => {
    await using bot = await startTestBot(moderation);
    expect(await bot.say('!say hello', { account: 'fox' })).toEqual([]);
    await bot.changeConfig({ operators: ['fox'] });
    expect(await bot.say('!say hello', { account: 'fox' })).toEqual(['hello']);
    await expect(bot.changeConfig({ operators: [''] })).rejects.toThrow('allow of say.accounts[0] is empty');
    await bot.changeConfig({ operators: [] });
    expect(await bot.say('!say hello', { account: 'fox' })).toEqual([]);
    expect(bot.notices.at(-1)).toMatchObject({ text: 'say hello is switched off' });
  });

  it('applies to subcommands that have none of their own', async () => {
    await using bot = await startTestBot(moderation);
    expect([await bot.say('!say hello', { account: 'owl' }), await bot.say('!say time', { account: 'owl' })]).toEqual([['hello'], []]);
    expect([await bot.say('!say time', { nick: 'fox' }), await bot.say('!say nothing', { nick: 'fox' })]).toEqual([['noon'], []]);
    expect(bot.notices.map(({ text }) => text)).toEqual([
      'say time is only for some nicks',
      'say is only for some accounts: you are not logged in',
    ]);
  });

  it.each([
    [{}, 'commands[0].allow allows no users: set channelAdmin, accounts, hosts or nicks'],
    [{ accounts: [] }, 'commands[0].allow allows no users: set channelAdmin, accounts, hosts or nicks'],
    ['fox', 'commands[0].allow must be an object with channelAdmin, accounts, hosts or nicks'],
    [{ account: ['fox'] }, 'commands[0].allow.account is unknown: use channelAdmin, accounts, hosts or nicks'],
    [{ nicks: 'fox' }, 'commands[0].allow.nicks must be a list'],
    [{ channelAdmin: 'yes' }, 'commands[0].allow.channelAdmin must be true or false'],
  ])('may not be %j: %s', (allow, problem) => {
    const commands = [{ commandDisplayName: 'c', allow, run: () => {} }];
    expect(definitionProblems({ name: 'm', version: '1', commands })).toEqual([problem]);
  });
});
