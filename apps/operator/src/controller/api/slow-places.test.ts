import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { RequestKind } from './request-kind.ts';
import { SLOW_LIMITS, SlowPlaces } from './slow-places.ts';

interface Like {
  readonly method?: string;
  readonly namespace?: string;
  readonly plural?: string;
}

const request = (name: string, { method = 'PATCH', namespace = 'a', plural = 'deployments' }: Like = {}) =>
  new RequestKind({ method, path: `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}?fieldManager=eevee` });

function take(places: SlowPlaces, count: number, of: Like = {}): void {
  for (let each = 0; each < count; each++) places.take(request(`slow-${each}`, of), false);
}

const fresh = () => {
  const clock = new FakeClock();
  return { clock, places: new SlowPlaces(clock) };
};

describe('SlowPlaces', () => {
  it('bound the slow requests of a collection, and leave places to every other one', () => {
    const { places } = fresh();
    take(places, SLOW_LIMITS.ofCollection.all);
    expect(places.hasPlace(request('b'), [])).toBe(false);
    expect(places.hasPlace(request('b', { method: 'GET' }), [])).toBe(true);
    expect(places.hasPlace(request('b', { namespace: 'b' }), [])).toBe(true);
  });

  it('bound the slow requests of a kind in all namespaces', () => {
    const { places } = fresh();
    for (let each = 0; each < SLOW_LIMITS.ofKind.all; each++) take(places, 1, { namespace: `n${each}` });
    expect(places.hasPlace(request('b', { namespace: 'other' }), [])).toBe(false);
    expect(places.hasPlace(request('b', { namespace: 'other', plural: 'statefulsets' }), [])).toBe(true);
  });

  it('keep the last places for kinds without slow requests in any namespace, and some for reading', () => {
    const { places } = fresh();
    take(places, SLOW_LIMITS.ofCollection.all);
    take(places, SLOW_LIMITS.beforeScarce - SLOW_LIMITS.ofCollection.all, { plural: 'statefulsets' });
    expect(places.hasPlace(request('b', { plural: 'statefulsets', namespace: 'c' }), [])).toBe(false);
    for (let each = SLOW_LIMITS.beforeScarce; each < SLOW_LIMITS.writes; each++) {
      const of = { plural: `other-${each}` };
      expect(places.hasPlace(request('x', of), [])).toBe(true);
      take(places, 1, of);
    }
    expect(places.hasPlace(request('x', { plural: 'last' }), [])).toBe(false);
    expect(places.hasPlace(request('x', { plural: 'last', method: 'GET' }), [])).toBe(true);
    places.leave(request('x', { plural: 'other-50' }), false);
    expect(places.hasPlace(request('x', { plural: 'last' }), [])).toBe(true);
  });

  it('leave room for requests that were not slow the last time: in a collection, a kind, and in all', () => {
    const { places } = fresh();
    const repeat = (count: number, of: Like) => {
      for (let each = 0; each < count; each++) places.take(request(`slow-${each}`, of), true);
    };
    const known = (of: Like = {}) => {
      places.note(request('known', of), true);
      return places.hasPlace(request('known', of), []);
    };
    repeat(SLOW_LIMITS.ofCollection.repeated, {});
    expect([known(), places.hasPlace(request('new'), [])]).toEqual([false, true]);
    const room = SLOW_LIMITS.ofKind.repeated - SLOW_LIMITS.ofCollection.repeated;
    repeat(room, { namespace: 'b' });
    expect([known({ namespace: 'b' }), places.hasPlace(request('new', { namespace: 'b' }), [])]).toEqual([false, true]);
    repeat(SLOW_LIMITS.all.repeated - SLOW_LIMITS.ofKind.repeated, { plural: 'statefulsets' });
    expect([known({ plural: 'jobs' }), places.hasPlace(request('new', { plural: 'jobs' }), [])]).toEqual([false, true]);
    places.note(request('known', { plural: 'jobs' }), false);
    expect(places.hasPlace(request('known', { plural: 'jobs' }), [])).toBe(true);
  });

  it('forget slow requests that were not sent again for ten minutes', () => {
    const { clock, places } = fresh();
    places.note(request('gone'), true);
    clock.advance(599_000);
    places.note(request('other'), true);
    expect(places.wasSlow(request('gone'))).toBe(true);
    clock.advance(1_000);
    places.note(request('other'), true);
    expect(places.wasSlow(request('gone'))).toBe(false);
    places.note(request('other'), false);
    expect(places.remembersAny).toBe(false);
  });

  it('say which requests take the places', () => {
    const { places } = fresh();
    take(places, SLOW_LIMITS.ofCollection.all);
    expect(places.obstacle(request('b'), [])).toBe(
      '32 slow requests wait for a response of the API server (PATCH /apis/apps/v1/namespaces/a/deployments)',
    );
    take(places, SLOW_LIMITS.ofKind.all - SLOW_LIMITS.ofCollection.all, { namespace: 'b' });
    expect(places.obstacle(request('b', { namespace: 'c' }), [])).toBe(
      '40 slow requests wait for a response of the API server (PATCH /apis/apps/v1/deployments in all namespaces)',
    );
    for (let each = 40; each < SLOW_LIMITS.writes; each++) take(places, 1, { plural: `other-${each}` });
    expect(places.obstacle(request('b', { plural: 'last' }), [])).toBe('60 slow requests wait for a response of the API server (any kind)');
  });

  it('count requests that could become slow', () => {
    const { places } = fresh();
    take(places, SLOW_LIMITS.ofCollection.all - 2);
    expect(places.hasPlace(request('b'), [request('c'), request('c', { namespace: 'b' })])).toBe(true);
    expect(places.hasPlace(request('b'), [request('c'), request('d')])).toBe(false);
  });

  it('are free again when all requests have ended', () => {
    const { places } = fresh();
    take(places, 3);
    expect(places.takenLike(request('b'))).toBe(3);
    for (let each = 0; each < 3; each++) places.leave(request(`slow-${each}`), false);
    expect([places.taken, places.takenLike(request('b'))]).toEqual([0, 0]);
  });
});
