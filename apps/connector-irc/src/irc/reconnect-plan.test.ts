import { describe, expect, it } from 'vitest';
import { endKind, reconnectDelay } from './reconnect-plan.ts';

const state = { kind: 'lost', attempt: 1, waitMs: 5_000, maxRetries: 0, random: 0.5 } as const;

describe('reconnectDelay', () => {
  it('doubles from the configured wait up to five minutes', () => {
    const delays = [1, 2, 3, 7, 8, 1000].map((attempt) => reconnectDelay({ ...state, attempt }));
    expect(delays).toEqual([5_000, 10_000, 20_000, 300_000, 300_000, 300_000]);
  });

  it('keeps a configured wait that is longer than five minutes', () => {
    expect(reconnectDelay({ ...state, waitMs: 600_000, attempt: 5 })).toBe(600_000);
  });

  it('spreads the delays by a fifth', () => {
    expect([0, 1].map((random) => reconnectDelay({ ...state, random }))).toEqual([4_000, 6_000]);
  });

  it('waits longer for failures that need a human fix', () => {
    expect(reconnectDelay({ ...state, kind: 'banned' })).toBe(300_000);
    expect(reconnectDelay({ ...state, kind: 'banned', attempt: 9 })).toBe(3_600_000);
    expect(reconnectDelay({ ...state, kind: 'denied' })).toBe(60_000);
    expect(reconnectDelay({ ...state, kind: 'denied', attempt: 9 })).toBe(1_800_000);
  });

  it('gives up after the configured number of attempts', () => {
    expect([10, 11].map((attempt) => reconnectDelay({ ...state, attempt, maxRetries: 10 }))).toEqual([300_000, undefined]);
  });
});

describe('endKind', () => {
  it.each([
    ['Closing link: (bot@127.0.0.1) [K-lined: no bots]', 'banned'],
    ['Closing Link: host (K:Lined)', 'banned'],
    ['G-Lined: spam', 'banned'],
    ['Your address is listed in DroneBL', 'banned'],
    ['You are banned from this server', 'banned'],
    ['Bad password', 'denied'],
    ['Closing link: (unknown@127.0.0.1) [Access denied by configuration]', 'denied'],
    ['Autokilled: open proxy', 'banned'],
    ['Killed (irc.test (Nick collision))', 'lost'],
    ['Ping timeout: 120 seconds', 'lost'],
    ['Closing Link: (Reconnecting too fast, throttled.)', 'lost'],
    ['', 'lost'],
  ])('classifies %j as %s', (reason, kind) => {
    expect(endKind(reason)).toBe(kind);
  });
});
