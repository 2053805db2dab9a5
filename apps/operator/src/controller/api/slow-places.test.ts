import { describe, expect, it } from 'vitest';
import { collectionOf, SLOW_LIMITS, SlowPlaces, type PlacedRequest } from './slow-places.ts';

const patch = (name: string, namespace = 'a'): PlacedRequest => ({
  method: 'PATCH',
  path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}?fieldManager=eevee`,
});

function takeMany(places: SlowPlaces, count: number, namespace: string): void {
  for (let each = 0; each < count; each++) places.take(patch(`slow-${each}`, namespace), false);
}

describe('collectionOf', () => {
  it.each([
    ['/api/v1/namespaces/a/configmaps/b', 'PATCH /api/v1/namespaces/a/configmaps'],
    ['/api/v1/namespaces/a/configmaps?limit=1', 'PATCH /api/v1/namespaces/a/configmaps'],
    ['/apis/apps/v1/namespaces/a/deployments/b/scale', 'PATCH /apis/apps/v1/namespaces/a/deployments/scale'],
    ['/apis/apps/v1/namespaces/a/deployments/b', 'PATCH /apis/apps/v1/namespaces/a/deployments'],
    ['/api/v1/namespaces/a', 'PATCH /api/v1/namespaces'],
    ['/api/v1/namespaces', 'PATCH /api/v1/namespaces'],
    ['/apis/x.io/v1/things/b', 'PATCH /apis/x.io/v1/things'],
    ['/apis/x.io/v1/things/b/status', 'PATCH /apis/x.io/v1/things/status'],
    ['/readyz', 'PATCH /readyz'],
  ])('of %s is %s', (path, expected) => {
    expect(collectionOf({ method: 'PATCH', path })).toBe(expected);
  });
});

describe('SlowPlaces', () => {
  it('bound the slow requests of a collection, and leave places to every other one', () => {
    const places = new SlowPlaces();
    takeMany(places, SLOW_LIMITS.ofCollection, 'a');
    expect(places.hasPlace(patch('b', 'a'), [])).toBe(false);
    expect(places.hasPlace({ ...patch('b', 'a'), method: 'GET' }, [])).toBe(true);
    expect(places.hasPlace(patch('b', 'b'), [])).toBe(true);
  });

  it('keep the last places for collections without slow requests', () => {
    const places = new SlowPlaces();
    takeMany(places, SLOW_LIMITS.ofCollection, 'a');
    takeMany(places, SLOW_LIMITS.beforeScarce - SLOW_LIMITS.ofCollection, 'b');
    expect(places.hasPlace(patch('b', 'b'), [])).toBe(false);
    for (let each = SLOW_LIMITS.beforeScarce; each < SLOW_LIMITS.all; each++) {
      expect(places.hasPlace(patch('x', `other-${each}`), [])).toBe(true);
      places.take(patch('x', `other-${each}`), false);
    }
    expect(places.hasPlace(patch('x', 'last'), [])).toBe(false);
    places.leave(patch('x', 'other-50'), false);
    expect(places.hasPlace(patch('x', 'last'), [])).toBe(true);
  });

  it('leave room in a collection for requests that were not slow the last time', () => {
    const places = new SlowPlaces();
    for (let each = 0; each < SLOW_LIMITS.repeatedOfCollection; each++) places.take(patch(`slow-${each}`), true);
    places.note(patch('known'), true);
    expect(places.hasPlace(patch('known'), [])).toBe(false);
    expect(places.hasPlace(patch('new'), [])).toBe(true);
    places.note(patch('known'), false);
    expect(places.hasPlace(patch('known'), [])).toBe(true);
  });

  it('remember each creation by the name of its object', () => {
    const places = new SlowPlaces();
    const create = (name: string) => ({ method: 'POST', path: '/api/v1/namespaces/a/configmaps', body: { metadata: { name } } });
    places.note(create('a'), true);
    expect([places.wasSlow(create('a')), places.wasSlow(create('b'))]).toEqual([true, false]);
  });

  it('count requests that could become slow', () => {
    const places = new SlowPlaces();
    takeMany(places, SLOW_LIMITS.ofCollection - 2, 'a');
    expect(places.hasPlace(patch('b'), [patch('c'), patch('c', 'b')])).toBe(true);
    expect(places.hasPlace(patch('b'), [patch('c'), patch('d')])).toBe(false);
  });

  it('are free again when all requests have ended', () => {
    const places = new SlowPlaces();
    takeMany(places, 3, 'a');
    expect(places.takenLike(patch('b'), [])).toBe(3);
    for (let each = 0; each < 3; each++) places.leave(patch(`slow-${each}`), false);
    expect([places.taken, places.takenLike(patch('b'), [])]).toEqual([0, 0]);
  });
});
