import { BotProcesses, playChatFire } from '@eeveebot/testing';
import { expect, it } from 'vitest';

it('answers no line twice and loses only lines that IRC loses while routers, the module, NATS, connector and IRC server are killed in turn', async () => {
  await using bot = await BotProcesses.start();
  const kills = ['router', 'both routers', 'echo module', 'NATS', 'connector', 'IRC server'] as const;
  const { outages, doubled, unexplained, answered } = await playChatFire(bot, { people: 20, lines: 720, linesPerSecond: 60, kills });
  expect(doubled).toEqual([]);
  expect(unexplained).toEqual([]);
  expect(outages.map(({ part }) => part)).toEqual(kills);
  expect(answered).toBeGreaterThan(0);
  // A killed connector or IRC server loses the data in its sockets.
  const bySockets = new Set<string>(['connector', 'IRC server']);
  expect(outages.filter(({ part, lostInTransit }) => !bySockets.has(part) && lostInTransit > 0)).toEqual([]);
});
