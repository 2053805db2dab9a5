import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { EXTRA_CONNECTIONS, REQUEST_CONNECTIONS, RequestTurns, type Turn } from './request-turns.ts';

const { signal } = new AbortController();

/** Begins `count` requests. @returns their turns, without those that wait. */
function beginMany(turns: RequestTurns, count: number): Turn[] {
  const begun: Turn[] = [];
  for (let each = 0; each < count; each++) {
    const turn = turns.begin(signal);
    if (turn instanceof Promise) void turn.then((late) => begun.push(late));
    else begun.push(turn);
  }
  return begun;
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('RequestTurns', () => {
  it('lets requests wait for quick ones, in order', async () => {
    const turns = new RequestTurns(new FakeClock());
    const begun = beginMany(turns, REQUEST_CONNECTIONS);
    const order: string[] = [];
    for (const name of ['first', 'second']) void Promise.resolve(turns.begin(signal)).then(() => order.push(name));
    await settle();
    expect(order).toEqual([]);
    for (const turn of begun.slice(0, 2)) turns.end(turn);
    await settle();
    expect(order).toEqual(['first', 'second']);
    expect(begun.every(({ lane }) => lane === 'requests')).toBe(true);
  });

  it('lets nothing wait for slow ones, and uses further connections for that', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const begun = beginMany(turns, REQUEST_CONNECTIONS + 1);
    await settle();
    expect(begun).toHaveLength(REQUEST_CONNECTIONS);
    clock.advance(1_000);
    await settle();
    expect(begun.map(({ lane }) => lane)).toEqual([...Array.from({ length: REQUEST_CONNECTIONS }, () => 'requests'), 'extra']);
    // One that ends makes room on the usual connections.
    for (const turn of begun.slice(0, 1)) turns.end(turn);
    expect(turns.begin(signal)).toMatchObject({ lane: 'requests' });
  });

  it('bounds the connections however many requests are slow, and continues when they end', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const most = REQUEST_CONNECTIONS + EXTRA_CONNECTIONS;
    const begun = beginMany(turns, most + 5);
    for (let round = 0; round < most; round++) {
      clock.advance(1_000);
      await settle();
    }
    expect(begun).toHaveLength(most);
    for (const turn of begun.slice(0, 3)) turns.end(turn);
    await settle();
    expect(begun).toHaveLength(most + 3);
    expect(clock.pendingMs()).toHaveLength(1);
  });

  it('rejects a request that waits when its signal is aborted, and lets the next one begin', async () => {
    const turns = new RequestTurns(new FakeClock());
    const [turn] = beginMany(turns, REQUEST_CONNECTIONS);
    const abort = new AbortController();
    const aborted = Promise.resolve(turns.begin(abort.signal));
    const next = turns.begin(signal);
    abort.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    if (turn !== undefined) turns.end(turn);
    await expect(next).resolves.toMatchObject({ lane: 'requests' });
  });
});
