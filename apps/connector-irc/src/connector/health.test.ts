import { expect, it } from 'vitest';
import { type WatchedConnection, unhealthyReason } from './health.ts';

const down = (name: string, sinceMs: number, standsBy = false): WatchedConnection => ({
  name,
  standsBy,
  status: { connected: false, sinceMs, reason: `${name} is gone` },
});
const up: WatchedConnection = { name: 'up', standsBy: false, status: { connected: true, sinceMs: 0, reason: undefined } };

it.each([
  ['nothing is configured', [], undefined],
  ['one is up', [down('a', 0), up], undefined],
  ['one is down for less than two minutes', [down('a', 0), down('b', 1)], undefined],
  ['another replica has it', [down('a', 0, true)], undefined],
  ['all are down for two minutes', [down('a', 0), down('b', 0)], 'no IRC connection: a: a is gone; b: b is gone'],
] as const)('is right when %s', (_name, connections, reason) => {
  expect(unhealthyReason(connections, 120_000)).toBe(reason);
});
