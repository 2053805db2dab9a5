import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { SlowItems } from './slow-items.ts';

function followed() {
  const clock = new FakeClock();
  const slow: string[] = [];
  return { clock, slow, items: new SlowItems<string>(clock, (item) => slow.push(item)) };
}

describe('SlowItems', () => {
  it('reports once each item that is under way for a second', () => {
    const { clock, slow, items } = followed();
    items.begin('a');
    clock.advance(400);
    items.begin('b');
    clock.advance(599);
    expect(slow).toEqual([]);
    clock.advance(1);
    expect(slow).toEqual(['a']);
    clock.advance(400);
    expect(slow).toEqual(['a', 'b']);
    clock.advance(10_000);
    expect(slow).toEqual(['a', 'b']);
  });

  it('says whether an item ended before it became slow', () => {
    const { clock, slow, items } = followed();
    items.begin('a');
    items.begin('b');
    expect(items.end('a')).toBe(true);
    clock.advance(1_000);
    expect(items.end('b')).toBe(false);
    expect(slow).toEqual(['b']);
  });

  it('has one timer while something is quick, and none otherwise', () => {
    const { clock, items } = followed();
    for (const item of ['a', 'b', 'c']) {
      items.begin(item);
      clock.advance(300);
    }
    expect(clock.pendingMs()).toEqual([100]);
    clock.advance(100);
    expect(clock.pendingMs()).toEqual([300]);
    clock.advance(600);
    expect(clock.pendingMs()).toEqual([]);
  });

  it('follows an item that begins when another becomes slow', () => {
    const clock = new FakeClock();
    const slow: string[] = [];
    const items: SlowItems<string> = new SlowItems<string>(clock, (item) => {
      slow.push(item);
      if (item !== 'c') items.begin(item === 'a' ? 'b' : 'c');
    });
    items.begin('a');
    clock.advance(3_000);
    expect(slow).toEqual(['a', 'b', 'c']);
    expect(clock.pendingMs()).toEqual([]);
  });

  it('reports in time an item that began before another became slow', () => {
    const clock = new FakeClock();
    const slow: [string, number][] = [];
    const startMs = clock.elapsedMs();
    const items: SlowItems<string> = new SlowItems<string>(clock, (item) => {
      slow.push([item, clock.elapsedMs() - startMs]);
      if (item === 'a') items.begin('c');
    });
    items.begin('a');
    clock.advance(10);
    items.begin('b');
    clock.advance(3_000);
    expect(slow).toEqual([
      ['a', 1_000],
      ['b', 1_010],
      ['c', 2_000],
    ]);
  });

  it('does not report an item that ends when another becomes slow', () => {
    const clock = new FakeClock();
    const slow: string[] = [];
    const items: SlowItems<string> = new SlowItems<string>(clock, (item) => {
      slow.push(item);
      expect(items.end(item === 'a' ? 'b' : 'a')).toBe(item === 'a');
    });
    for (const item of ['a', 'b']) items.begin(item);
    clock.advance(5_000);
    expect(slow).toEqual(['a']);
  });

  it('reports again an item that begins again', () => {
    const clock = new FakeClock();
    let told = 0;
    const items: SlowItems<string> = new SlowItems<string>(
      clock,
      (item) => {
        told++;
        items.begin(item);
      },
      500,
    );
    items.begin('a');
    clock.advance(2_000);
    expect(told).toBe(4);
    expect(items.end('a')).toBe(true);
    clock.advance(2_000);
    expect([told, clock.pendingMs()]).toEqual([4, []]);
  });

  it('waits for the rest of the second when its timer fires early', () => {
    const clock = new FakeClock();
    const slow: string[] = [];
    const early = { elapsedMs: () => clock.elapsedMs() - 0.4, schedule: clock.schedule.bind(clock) };
    let isFirst = true;
    const items = new SlowItems<string>(
      {
        elapsedMs: () => (isFirst ? clock.elapsedMs() : early.elapsedMs()),
        schedule: early.schedule,
      },
      (item) => slow.push(item),
    );
    items.begin('a');
    isFirst = false;
    clock.advance(1_000);
    expect(slow).toEqual([]);
    expect(clock.pendingMs()).toEqual([1]);
    clock.advance(1);
    expect(slow).toEqual(['a']);
  });
});
