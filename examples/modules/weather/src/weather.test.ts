import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTestBot } from '@eeveebot/libeevee/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { weather } from './weather.ts';

/** Statuses of the next responses, before successful ones. */
let failures: number[] = [];
let keys: (string | undefined)[] = [];

const server = createServer((request, response) => {
  keys.push(request.headers.authorization);
  const city = new URL(request.url ?? '', 'http://localhost').searchParams.get('city') ?? '';
  const status = failures.shift() ?? (city === 'Atlantis' ? 404 : 200);
  response.writeHead(status).end(JSON.stringify({ city, celsius: 20 }));
});

let config: { service: string };

beforeAll(async () => {
  process.env['WEATHER_API_KEY'] = 'secret';
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  config = { service: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
});

afterAll(() => server.close());

afterEach(() => {
  failures = [];
  keys = [];
});

it('reports the weather, with the key from the environment', async () => {
  await using bot = await startTestBot(weather, { config });
  expect(await bot.say('!weather New York')).toEqual(['New York: 20 °C']);
  expect(keys).toEqual(['Bearer secret']);
});

it('applies a change of its configuration', async () => {
  await using bot = await startTestBot(weather, { config });
  await bot.changeConfig({ ...config, unit: 'F' });
  expect(await bot.say('!weather Oslo')).toEqual(['Oslo: 68 °F']);
});

it('retries when the service is overloaded', async () => {
  failures = [503, 500];
  await using bot = await startTestBot(weather, { config });
  expect(await bot.say('!weather Oslo')).toEqual(['Oslo: 20 °C']);
  expect(keys).toHaveLength(3);
});

it('explains its errors', async () => {
  await using bot = await startTestBot(weather, { config, speaker: { nick: 'fox' } });
  expect(await bot.say('!weather Atlantis')).toEqual(['I do not know that city']);
  failures = [401];
  expect(await bot.say('!weather Oslo')).toEqual([]);
  expect(bot.notices).toEqual([expect.objectContaining({ target: 'fox', text: expect.stringContaining('not available') as string })]);
});
