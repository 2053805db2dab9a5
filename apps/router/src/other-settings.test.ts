import { expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { OtherSettings, type RouterIdentity, SETTLE_MS, settingsDigest } from './other-settings.ts';

const own = { module: 'bot/router', settings: 'a' };

function watched(): { readonly others: OtherSettings; readonly reported: RouterIdentity[]; advance(ms: number): void } {
  let nowMs = 0;
  const reported: RouterIdentity[] = [];
  const others = new OtherSettings({ now: () => nowMs, report: (other) => void reported.push(other) });
  return { others, reported, advance: (ms) => void (nowMs += ms) };
}

it('has the same digest for settings with the same effect', () => {
  const digest = (file: unknown): string => {
    const { blocklist = [], cooldownMs, maxQueued } = readConfig(file);
    return settingsDigest({ blocklist, cooldownMs, maxQueued });
  };
  const spam = { pattern: 'spam', nick: '^fox$' };
  const blocklist = [spam];
  const described = [
    { ...spam, description: 'advertising' },
    { pattern: 'off', enabled: false },
  ];
  const same = [digest({ blocklist }), digest({ blocklist: described, maxQueued: 100 })];
  const different = [{}, { blocklist: [{ pattern: 'spam' }] }, { blocklist, maxQueued: 1 }, { blocklist, notificationCooldown: '1s' }].map(
    digest,
  );
  expect([new Set(same).size, new Set([...same, ...different]).size]).toEqual([1, 5]);
});

it('reports another router with other settings at once, and once for each change', () => {
  const { others, reported } = watched();
  others.heard('1', { module: 'bot/equal', settings: 'a' }, own);
  for (const settings of ['b', 'b', 'c', 'a', 'c']) others.heard('2', { module: 'bot/other', settings }, own);
  expect(reported.map(({ module, settings }) => `${module} ${settings}`)).toEqual(['bot/other b', 'bot/other c']);
});

it('reports a replica of the same router only if its settings stay different', () => {
  const { others, reported, advance } = watched();
  const replica = { module: own.module, settings: 'b' };
  others.heard('1', replica, own);
  advance(SETTLE_MS - 1);
  others.heard('1', replica, own);
  others.heard('1', own, own);
  others.heard('1', replica, own);
  advance(SETTLE_MS - 1);
  others.heard('1', replica, own);
  expect(reported).toEqual([]);
  advance(1);
  others.heard('1', replica, own);
  others.heard('1', replica, own);
  expect(reported).toEqual([replica]);
});
