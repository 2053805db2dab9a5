import { expect, it } from 'vitest';
import { HAPPENINGS, isWhole } from './framework-events.ts';

it('recognizes events without a user or a channel, which a faulty server sends', () => {
  const join = (nick: string, channel: string): boolean => {
    const happened = HAPPENINGS.join({ nick, channel });
    return happened !== undefined && isWhole(happened);
  };
  expect([join('fox', '#eevee'), join('', '#eevee'), join('fox', '')]).toEqual([true, false, false]);
  const quit = HAPPENINGS.quit({ nick: 'fox' });
  expect(quit !== undefined && isWhole(quit)).toBe(true);
});
