import { startTestBot } from '@eeveebot/libeevee/testing';
import { expect, it } from 'vitest';
import { karma } from './karma.ts';

it('counts votes in a channel', async () => {
  await using bot = await startTestBot(karma, { speaker: { nick: 'owl' } });
  await bot.say('thanks, Fox++ and elk++ and fox++');
  await bot.say('elk--');
  expect(await bot.say('!karma fox')).toEqual(['fox has 2 karma']);
  expect(await bot.say('!karma elk')).toEqual(['elk has 0 karma']);
  expect(await bot.say('!karma fox', { channel: '#other' })).toEqual(['fox has 0 karma']);
});

it('does not let users vote for themselves, and ignores code', async () => {
  await using bot = await startTestBot(karma, { speaker: { nick: 'fox' } });
  await bot.say('fox++');
  await bot.say('for (i = 0; i < n; i++) run(--verbose)');
  expect(await bot.say('!karma')).toEqual(['fox has 0 karma']);
  expect(bot.store.namespace('karma').forChannel({ platform: 'test', instance: 'test', channel: '#test' }).list()).toEqual([]);
});

it('ignores words that are too long for a nick', async () => {
  await using bot = await startTestBot(karma, { speaker: { nick: 'owl' } });
  await bot.say(`${'x'.repeat(600)}++ fox++`);
  expect(await bot.say(`!karma ${'x'.repeat(600)}`)).toEqual([expect.stringMatching(/^usage: !karma \[nick\]/)]);
  expect(await bot.say('!karma fox')).toEqual(['fox has 1 karma']);
  expect(bot.errors).toEqual([]);
});

it('reduces the karma of a user who is kicked', async () => {
  await using bot = await startTestBot(karma);
  await bot.event({ eventType: 'kick', nick: 'fox', kickedBy: 'owl' });
  expect(await bot.say('!karma fox')).toEqual(['fox has -1 karma']);
});
