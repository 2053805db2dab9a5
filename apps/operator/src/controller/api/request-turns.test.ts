import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { EXTRA_CONNECTIONS, REQUEST_CONNECTIONS, RequestTurns, type Turn } from './request-turns.ts';
import { SLOW_LIMITS } from './slow-places.ts';

const { signal } = new AbortController();

let made = 0;
/** A request to change an object that no other request is about. */
const change = ({ kind = 'deployments', namespace = 'a', name = `name-${made++}` } = {}) => ({
  method: 'PATCH',
  path: `/apis/apps/v1/namespaces/${namespace}/${kind}/${name}?force=true`,
  signal,
});

type Asked = ReturnType<typeof change>;

/** Begins requests. @returns their turns, without those that wait or were given up. */
function beginAll(turns: RequestTurns, requests: readonly Asked[], givenUp: unknown[] = []): Turn[] {
  const begun: Turn[] = [];
  const send = (turn: Turn) => {
    begun.push(turn);
    turn.probe?.signal.addEventListener('abort', () => {
      givenUp.push(turn.probe?.signal.reason);
      begun.splice(begun.indexOf(turn), 1);
      turns.end(turn, false);
    });
  };
  for (const request of requests) {
    const turn = turns.begin(request);
    if (turn instanceof Promise) turn.then(send, (reason: unknown) => givenUp.push(reason));
    else send(turn);
  }
  return begun;
}

const many = (count: number, of: Parameters<typeof change>[0] = {}): Asked[] => Array.from({ length: count }, () => change(of));

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Lets as many seconds pass as the first requests need to become slow, four of them at a time. */
async function passSeconds(clock: FakeClock, seconds: number): Promise<void> {
  for (let quarter = 0; quarter < 4 * seconds; quarter++) {
    clock.advance(250);
    await settle();
  }
}

describe('RequestTurns', () => {
  it('lets requests wait for quick ones, in order', async () => {
    const turns = new RequestTurns(new FakeClock());
    const begun = beginAll(turns, many(REQUEST_CONNECTIONS));
    const order: string[] = [];
    for (const name of ['first', 'second']) void Promise.resolve(turns.begin(change())).then(() => order.push(name));
    await settle();
    expect(order).toEqual([]);
    for (const turn of begun.slice(0, 2)) turns.end(turn, true);
    await settle();
    expect(order).toEqual(['first', 'second']);
    expect(begun.every(({ lane }) => lane === 'requests')).toBe(true);
  });

  it('lets nothing wait for slow ones, and uses further connections for that', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const begun = beginAll(turns, many(REQUEST_CONNECTIONS + 1));
    await settle();
    expect(begun).toHaveLength(REQUEST_CONNECTIONS);
    clock.advance(1_000);
    await settle();
    expect(begun.map(({ lane }) => lane)).toEqual([...Array.from({ length: REQUEST_CONNECTIONS }, () => 'requests'), 'extra']);
    // One that ends makes room on the usual connections.
    for (const turn of begun.slice(0, 1)) turns.end(turn, true);
    expect(turns.begin(change())).toMatchObject({ lane: 'requests' });
  });

  it('gives up a request without a place among slow ones when there is no response at once, and lets the next one begin', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const held = beginAll(turns, many(SLOW_LIMITS.ofCollection.all));
    await passSeconds(clock, 9);
    const givenUp: unknown[] = [];
    const like = beginAll(turns, [change({ name: 'like' }), ...many(2 * REQUEST_CONNECTIONS)], givenUp);
    const service = beginAll(turns, [change({ kind: 'services' })]);
    expect([like.length, service.length]).toEqual([REQUEST_CONNECTIONS, 0]);
    clock.advance(249);
    expect(givenUp).toEqual([]);
    clock.advance(1);
    await settle();
    expect(givenUp).toHaveLength(REQUEST_CONNECTIONS);
    expect(String(givenUp[0])).toContain(
      'PATCH /apis/apps/v1/namespaces/a/deployments/like was given up after 250 ms without a response, because 32 slow requests wait for a response of the API server (PATCH /apis/apps/v1/namespaces/a/deployments): an admission webhook',
    );
    expect([like.length, service.length]).toEqual([REQUEST_CONNECTIONS - 1, 1]);
    await passSeconds(clock, 2);
    expect([givenUp.length, like.length, service.length, held.length]).toEqual([9, 0, 1, SLOW_LIMITS.ofCollection.all]);
    // The next attempt waits for a place.
    expect(beginAll(turns, [change({ name: 'like' })])).toEqual([]);
  });

  it('lets no request wait for a thousand slow ones, whether of its kind or not', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const held = beginAll(turns, many(1_000));
    await passSeconds(clock, 70);
    expect(held).toHaveLength(SLOW_LIMITS.ofCollection.all);
    for (const other of [{}, { kind: 'services' }, { namespace: 'b' }]) expect(turns.begin(change(other))).not.toBeInstanceOf(Promise);
  });

  it('prefers requests of which no others are slow, once the first are slow', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const held = beginAll(turns, many(20));
    const [other] = [beginAll(turns, [change({ kind: 'services' })])];
    expect(other).toEqual([]);
    clock.advance(1_000);
    await settle();
    expect(other).toHaveLength(1);
    expect(held).toHaveLength(REQUEST_CONNECTIONS + REQUEST_CONNECTIONS - 1);
  });

  it('shares the places among kinds that are slow, and keeps the last ones for others', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const kinds = Array.from({ length: 20 }, (_, index) => `kind-${index}`);
    const held = beginAll(
      turns,
      kinds.flatMap((kind) => many(40, { kind })),
    );
    await passSeconds(clock, 90);
    expect(held.length).toBeGreaterThanOrEqual(SLOW_LIMITS.beforeScarce);
    expect(held.filter(({ lane }) => lane === 'requests')).toHaveLength(REQUEST_CONNECTIONS);
    const counts = kinds.map((kind) => held.filter((turn) => turn.kind.text.includes(`/${kind}/`)).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    beginAll(turns, many(20, { kind: 'kind-0' }));
    const other = beginAll(turns, [change({ kind: 'other' })]);
    clock.advance(250);
    await settle();
    expect(other).toHaveLength(1);
  });

  it('bounds the connections', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const begun = beginAll(
      turns,
      Array.from({ length: 100 }, (_, index) => change({ kind: `kind-${index}` })),
    );
    await passSeconds(clock, 30);
    expect(begun.length).toBeGreaterThanOrEqual(SLOW_LIMITS.writes);
    expect(begun.filter(({ lane }) => lane === 'extra').length).toBeLessThanOrEqual(EXTRA_CONNECTIONS);
  });

  it('gives requests that were slow a place among the slow ones, where they leave room', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const requests = many(SLOW_LIMITS.ofCollection.all);
    const first = beginAll(turns, requests);
    await passSeconds(clock, 8);
    expect(first).toHaveLength(SLOW_LIMITS.ofCollection.all);
    for (const turn of first) turns.end(turn, true);

    const again = beginAll(turns, requests);
    expect(again).toHaveLength(SLOW_LIMITS.ofCollection.repeated);
    expect(again.every(({ lane, isRepeated }) => lane === 'extra' && isRepeated)).toBe(true);
    // They take none of the usual places, and a quick answer is forgotten slowness.
    expect(beginAll(turns, many(REQUEST_CONNECTIONS))).toHaveLength(REQUEST_CONNECTIONS);
    for (const turn of again.slice(0, 1)) turns.end(turn, true);
    expect(again).toHaveLength(SLOW_LIMITS.ofCollection.repeated);
    await settle();
    expect(again).toHaveLength(SLOW_LIMITS.ofCollection.repeated + 1);
  });

  it('gives up a request that was slow and waits for long because of others, with the reason', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const held = beginAll(turns, many(SLOW_LIMITS.ofCollection.all));
    await passSeconds(clock, 9);
    const [late, next] = [change({ name: 'late' }), change({ name: 'next' })];
    beginAll(turns, [late, next]);
    await passSeconds(clock, 1);
    const reason = expect(Promise.resolve(turns.begin(late))).rejects.toThrow(
      'PATCH /apis/apps/v1/namespaces/a/deployments/late was not sent, because 32 slow requests wait for a response of the API server (PATCH /apis/apps/v1/namespaces/a/deployments): an admission webhook',
    );
    await passSeconds(clock, 4);
    const again = beginAll(turns, [next]);
    await passSeconds(clock, 1);
    await reason;
    for (const turn of held.slice(0, 1)) turns.end(turn, true);
    await settle();
    expect(again).toHaveLength(1);
  });

  it('gives up no request that waits only for its turn', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    beginAll(turns, [change({ kind: 'services' })]);
    await passSeconds(clock, 2);
    const flight = beginAll(turns, many(REQUEST_CONNECTIONS));
    const late = beginAll(turns, [change({ name: 'late' })]);
    expect(turns.isBusy).toBe(true);
    // Those before it are quick, but there are always others.
    for (let round = 0; round < 40; round++) {
      clock.advance(500);
      await settle();
    }
    expect(late).toHaveLength(1);
    expect(flight).toHaveLength(REQUEST_CONNECTIONS);
    expect(turns.isBusy).toBe(false);
  });

  it('lets a kind of which one request is slow wait little longer than others', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    beginAll(turns, [change({ kind: 'services' })]);
    clock.advance(1_000);
    const flight = beginAll(turns, many(REQUEST_CONNECTIONS));
    const service = beginAll(turns, [change({ kind: 'services' })]);
    clock.advance(300);
    const later = beginAll(turns, many(1));
    for (const turn of flight.slice(0, 1)) turns.end(turn, true);
    await settle();
    expect([service.length, later.length]).toEqual([1, 0]);
  });

  it('is busy while requests wait to be sent, but not while they wait only for slow ones like them', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    beginAll(turns, many(SLOW_LIMITS.ofCollection.all));
    await passSeconds(clock, 9);
    const others = many(REQUEST_CONNECTIONS + 1);
    beginAll(turns, others);
    expect(turns.isBusy).toBe(true);
    await passSeconds(clock, 1);
    beginAll(turns, others);
    beginAll(turns, many(REQUEST_CONNECTIONS));
    expect(turns.isBusy).toBe(false);
  });

  it('remembers slowness until a quick answer, not a failure', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const request = change();
    for (const turn of beginAll(turns, [request])) {
      clock.advance(1_000);
      turns.end(turn, true);
    }
    const failed = beginAll(turns, [request]);
    expect(failed).toMatchObject([{ isRepeated: true }]);
    for (const turn of failed) turns.end(turn, false);
    const answered = beginAll(turns, [request]);
    expect(answered).toMatchObject([{ isRepeated: true }]);
    for (const turn of answered) turns.end(turn, true);
    expect(beginAll(turns, [request])).toMatchObject([{ isRepeated: false }]);
  });

  it('rejects requests that wait when it is closed', async () => {
    const turns = new RequestTurns(new FakeClock());
    const begun = beginAll(turns, many(REQUEST_CONNECTIONS));
    const waiting = Promise.resolve(turns.begin(change()));
    turns.close(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    for (const turn of begun) turns.end(turn, true);
    expect(turns.begin(change())).not.toBeInstanceOf(Promise);
  });

  it('has few timers, and none while nothing can become slow', async () => {
    const clock = new FakeClock();
    const turns = new RequestTurns(clock);
    const held: Turn[] = [];
    for (let each = 0; each < 90; each++) {
      held.push(...beginAll(turns, [change({ kind: `kind-${each}` })]));
      clock.advance(130);
      await settle();
      // One for those in flight, one for those that wait.
      expect(clock.pendingMs().length).toBeLessThanOrEqual(2);
    }
    await passSeconds(clock, 60);
    expect(clock.pendingMs()).toEqual([]);
  });

  it('rejects a request that waits when its signal is aborted, and lets the next one begin', async () => {
    const turns = new RequestTurns(new FakeClock());
    const [turn] = beginAll(turns, many(REQUEST_CONNECTIONS));
    const abort = new AbortController();
    const aborted = Promise.resolve(turns.begin({ ...change(), signal: abort.signal }));
    const next = turns.begin(change());
    abort.abort(new Error('stop'));
    await expect(aborted).rejects.toThrow('stop');
    if (turn !== undefined) turns.end(turn, true);
    await expect(next).resolves.toMatchObject({ lane: 'requests' });
  });
});
