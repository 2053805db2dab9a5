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
  const ham = { channel: '^#a$', pattern: 'ham' };
  const same = [digest({ blocklist }), digest({ blocklist: described, maxQueued: 100 }), digest({ blocklist: [spam, spam] })];
  const bothOrders = [
    [spam, ham],
    [ham, { nick: '^fox$', pattern: 'spam' }],
  ].map((entries) => digest({ blocklist: entries }));
  const different = [{}, { blocklist: [{ pattern: 'spam' }] }, { blocklist, maxQueued: 1 }, { blocklist, notificationCooldown: '1s' }].map(
    digest,
  );
  expect([new Set(same).size, new Set(bothOrders).size, new Set([...same, ...bothOrders, ...different]).size]).toEqual([1, 1, 6]);
});

it('reports another router with other settings at once, once for each change, and again after it was corrected', () => {
  const { others, reported } = watched();
  others.heard('1', { module: 'bot/equal', settings: 'a' }, own);
  for (const settings of ['b', 'b', 'c', 'a', 'c']) others.heard('2', { module: 'bot/other', settings }, own);
  expect(reported.map(({ module, settings }) => `${module} ${settings}`)).toEqual(['bot/other b', 'bot/other c', 'bot/other c']);
});

it('reports the replicas of another router once, and again only when all of them were gone', () => {
  const { others, reported } = watched();
  const other = { module: 'bot/other', settings: 'b' };
  for (const id of ['1', '2', '1', '2']) others.heard(id, other, own);
  others.keepOnly(['2', 'equal']);
  for (const id of ['2', '3']) others.heard(id, other, own);
  expect(reported).toEqual([other]);
  others.keepOnly(['equal']);
  others.heard('4', other, own);
  expect(reported).toEqual([other, other]);
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
