import { type TestBot, startTestBot } from '@eeveebot/libeevee/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { botModule } from './echo.ts';

describe('echo', () => {
  let bot: TestBot;

  beforeEach(async () => {
    bot = await startTestBot(botModule, { config: { ratelimit: { limit: 2 } } });
  });

  afterEach(() => bot.stop());

  it('repeats the text of the call', async () => {
    expect(await bot.say('!echo  hello  wörld 🦊')).toEqual(['hello  wörld 🦊']);
  });

  it('answers to the bot’s nick as well', async () => {
    expect(await bot.say('eevee: echo hello')).toEqual(['hello']);
  });

  it('answers in the channel of the call', async () => {
    await bot.say('!echo hello', { channel: '#two words' });
    expect(bot.outgoing).toEqual([expect.objectContaining({ channel: '#two words', text: 'hello' })]);
  });

  it('ignores all other messages', async () => {
    expect(await bot.say('!echo ')).toEqual([]);
    expect(await bot.say('echo hello')).toEqual([]);
    expect(await bot.say('!echo-hello')).toEqual([]);
  });

  it('answers within its rate limit', async () => {
    for (const expected of [['a'], ['a'], []]) expect(await bot.say('!echo a')).toEqual(expected);
    await bot.advance('1m');
    expect(await bot.say('!echo a')).toEqual(['a']);
  });

  it('has help', () => {
    expect(bot.help).toEqual([{ from: 'echo', help: [expect.objectContaining({ command: 'echo' })] }]);
  });
});
