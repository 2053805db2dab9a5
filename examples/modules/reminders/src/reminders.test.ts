import { startTestBot } from '@eeveebot/libeevee/testing';
import { expect, it } from 'vitest';
import { reminders } from './reminders.ts';

it('reminds the user who asked, in the same channel', async () => {
  await using bot = await startTestBot(reminders, { speaker: { nick: 'fox', channel: '#den' } });
  expect(await bot.say('!remind 1h30m the tea is ready')).toEqual(['fox: I will remind you']);
  expect(await bot.advance('89m')).toEqual([]);
  expect(await bot.advance('1m')).toEqual(['fox: the tea is ready']);
  expect(bot.outgoing.at(-1)).toMatchObject({ channel: '#den' });
});

it('lists the reminders of one user in a notice', async () => {
  await using bot = await startTestBot(reminders, { speaker: { nick: 'fox' } });
  await bot.say('!remind 1d tea');
  await bot.say('!remind 1h milk', { nick: 'owl' });
  await bot.say('!reminders');
  expect(bot.notices).toEqual([expect.objectContaining({ target: 'fox', text: '2026-01-02 00:00 UTC: tea' })]);
});

it('shows its usage, and limits the number of reminders', async () => {
  await using bot = await startTestBot(reminders, { speaker: { nick: 'fox' } });
  expect(await bot.say('!remind soon tea')).toEqual([expect.stringMatching(/^usage: !remind <in:duration> <text…>/)]);
  for (let index = 0; index < 20; index++) {
    await bot.say(`!remind 1h tea ${index}`);
    await bot.advance('15s');
  }
  expect(await bot.say('!remind 1h tea')).toEqual(['you have 20 reminders already']);
});
