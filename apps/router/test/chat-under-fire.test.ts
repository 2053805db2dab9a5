import { BotProcesses, playChatFire } from '@eeveebot/testing';
import { expect, it } from 'vitest';

it('answers no line twice and loses none but those of an outage while connector, routers, NATS and IRC server are killed in turn', async () => {
  await using bot = await BotProcesses.start();
  const kills = ['connector', 'router', 'both routers', 'NATS', 'IRC server'] as const;
  const { outages, doubled, unexplained, answered } = await playChatFire(bot, { people: 20, lines: 600, linesPerSecond: 60, kills });
  expect(doubled).toEqual([]);
  expect(unexplained).toEqual([]);
  expect(outages.map(({ part }) => part)).toEqual(kills);
  expect(answered).toBeGreaterThan(0);
});
