import { expect, it } from 'vitest';
import { EventBacklog } from './event-backlog.ts';

const message = (namespace: string, name: string, type: 'Normal' | 'Warning' = 'Normal') => ({
  about: { namespace },
  event: { type },
  name,
});

/** Takes all messages that can be sent, each after those before it. */
function all(backlog: EventBacklog<ReturnType<typeof message>>): string[] {
  const taken: string[] = [];
  for (let next = backlog.first(); next !== undefined; next = backlog.first()) {
    backlog.begin(next);
    backlog.end(next);
    taken.push(next.name);
  }
  return taken;
}

it('gives warnings first, namespaces in turns, and each message once', () => {
  const backlog = new EventBacklog<ReturnType<typeof message>>();
  const [a1, a2, a3, b1, b2] = [
    message('a', 'a1'),
    message('a', 'a2'),
    message('a', 'a3', 'Warning'),
    message('b', 'b1'),
    message('b', 'b2'),
  ];
  for (const each of [a1, a2, a3, b1, b2, a1]) backlog.add(each);
  expect(all(backlog)).toEqual(['a3', 'a1', 'b1', 'a2', 'b2']);
});

it('gives no message of a namespace of which one is being sent', () => {
  const backlog = new EventBacklog<ReturnType<typeof message>>();
  const held = message('a', 'held');
  for (const each of [held, message('a', 'next'), message('a', 'warning', 'Warning'), message('b', 'other')]) backlog.add(each);
  backlog.begin(held);
  expect([all(backlog), backlog.underWay]).toEqual([['other'], 1]);
  backlog.end(held);
  expect(all(backlog)).toEqual(['warning', 'next']);
});

it('holds no more than a part of the backlog for one namespace', () => {
  const backlog = new EventBacklog<ReturnType<typeof message>>();
  for (let index = 0; index < 6_000; index++) backlog.add(message('a', `a${index}`));
  backlog.add(message('b', 'b'));
  const taken = all(backlog);
  expect([taken.length, taken.includes('b')]).toEqual([5_001, true]);
});
