import { expect, it } from 'vitest';
import { isHanded, isTimely } from './handed.ts';

const message = { platform: 'irc', instance: 'main', channel: '#eevee', user: '~fox', nick: 'fox', text: '!echo' };
const call = { commandUUID: 'c-echo', message, match: { text: '' } };
const nowMs = Date.UTC(2026, 10, 28);

/** As it arrives over NATS. */
const read = (payload: unknown): unknown => JSON.parse(JSON.stringify(payload));

it('accepts a call with the time at which it was sent', () => {
  expect([isHanded(read({ call, sentMs: nowMs })), isHanded(read({ call, sentMs: nowMs, message: 'reply' }))]).toEqual([true, true]);
});

it.each([undefined, null, '', String(nowMs), {}, [nowMs], true])('accepts no call whose time is %j', (sentMs) => {
  expect(isHanded(read({ call, sentMs }))).toBe(false);
});

it('accepts no call whose time is too large for a number', () => {
  expect(isHanded(JSON.parse(`{"call":${JSON.stringify(call)},"sentMs":1e999}`))).toBe(false);
});

it.each([
  [0, true],
  [-2_500, true],
  [2_500, true],
  [-2_501, false],
  [2_501, false],
  [1e18, false],
  [-1e18, false],
])('accepts a call that was sent at a time that is %d ms from its own: %s', (differenceMs, accepted) => {
  expect(isTimely(nowMs + differenceMs, nowMs)).toBe(accepted);
});
