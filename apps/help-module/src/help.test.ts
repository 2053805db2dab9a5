import { SUBJECT } from '@eeveebot/contract';
import { type TestBot, startTestBot } from '@eeveebot/libeevee/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botModule } from './help.ts';

describe('help', () => {
  let bot: TestBot;

  beforeEach(async () => {
    bot = await startTestBot(botModule, { config: { ratelimit: { limit: 100 } } });
    const { nats } = bot.module;
    const help = [{ command: 'echo', descr: 'Repeats your text', params: [{ param: 'text', required: true, descr: 'The text' }] }];
    await nats.publish(SUBJECT.helpUpdate, JSON.stringify({ from: 'echo', help }));
    await bot.settled();
  });

  afterEach(() => bot.stop());

  it('lists the commands, including its own, in the channel', async () => {
    expect(await bot.say('!help')).toEqual(['Commands: echo, help. Type !help <command> for how to use one.']);
  });

  it('answers to the nick of the bot, and shows it as the prefix', async () => {
    expect(await bot.say('eevee: help')).toEqual(['Commands: echo, help. Type eevee: help <command> for how to use one.']);
  });

  it('explains a command in notices to the user who asked', async () => {
    expect(await bot.say('!help echo', { nick: 'fox' })).toEqual([]);
    expect(bot.notices).toMatchObject([
      { target: 'fox', text: '!echo <text> — Repeats your text' },
      { target: 'fox', text: '<text>: The text' },
    ]);
  });

  it('accepts a command name with its prefix', async () => {
    await bot.say('!help !echo');
    expect(bot.notices[0]?.text).toBe('!echo <text> — Repeats your text');
  });

  it('removes a module that stopped', async () => {
    await bot.module.nats.publish(SUBJECT.helpRemove, JSON.stringify({ type: 'help.remove', from: 'echo' }));
    await bot.settled();
    expect(await bot.say('!help')).toEqual(['Commands: help. Type !help <command> for how to use one.']);
  });

  it('continues after a malformed announcement', async () => {
    await bot.module.nats.publish(SUBJECT.helpUpdate, 'not JSON');
    await bot.module.nats.publish(SUBJECT.helpUpdate, '{"from":7}');
    await bot.settled();
    expect(await bot.say('!help')).toEqual(['Commands: echo, help. Type !help <command> for how to use one.']);
  });

  it('answers "bots" without a prefix, but no text that only contains it', async () => {
    expect(await bot.say('bots')).toEqual([expect.stringContaining('eevee bot')]);
    expect(await bot.say('are there bots')).toEqual([]);
    expect(await bot.say('helpless')).toEqual([]);
    expect(await bot.say('!helpless')).toEqual([]);
  });
});
