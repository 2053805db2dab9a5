import { describe, expect, it } from 'vitest';
import { SendQueue } from './send-queue.ts';

const always = (): boolean => true;

describe('SendQueue', () => {
  it('sends a burst and then so many a second', () => {
    const queue = new SendQueue({ burst: 3, perSecond: 0.5 });
    for (let n = 0; n < 5; n++) queue.add('#a', `line ${n}`, 0);
    expect(queue.take(0, always)).toEqual({ lines: ['line 0', 'line 1', 'line 2'], waitMs: 2000, expired: 0 });
    expect(queue.take(1_999, always).lines).toEqual([]);
    expect(queue.take(2_000, always)).toEqual({ lines: ['line 3'], waitMs: 2000, expired: 0 });
    expect(queue.take(4_000, always)).toEqual({ lines: ['line 4'], waitMs: undefined, expired: 0 });
  });

  it('lets channels take turns and keeps the order within each', () => {
    const queue = new SendQueue({ burst: 100, perSecond: 1 });
    for (let n = 0; n < 4; n++) queue.add('#long', `long ${n}`, 0);
    queue.add('#short', 'short 0', 0);
    queue.add('fox', 'fox 0', 0);
    expect(queue.take(0, always).lines).toEqual(['long 0', 'short 0', 'fox 0', 'long 1', 'long 2', 'long 3']);
  });

  it('sends a late line of one channel before what waits in another', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    for (let n = 0; n < 50; n++) queue.add('#long', `long ${n}`, 0);
    queue.take(0, always);
    queue.add('#short', 'short', 0);
    expect(queue.take(1_000, always).lines).toEqual(['long 1']);
    expect(queue.take(2_000, always).lines).toEqual(['short']);
  });

  it('sends lines of the connection itself first, within the limit', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    queue.add('#a', 'text', 0);
    queue.addOwn('JOIN #a', 0);
    expect(queue.take(0, always).lines).toEqual(['JOIN #a']);
  });

  it('keeps lines of a channel that the bot is not in yet, without delaying others', () => {
    const queue = new SendQueue({ burst: 5, perSecond: 1 });
    queue.add('#out', 'later', 0);
    queue.add('#in', 'now', 0);
    const taken = queue.take(0, (lane) => lane === '#in');
    expect(taken).toEqual({ lines: ['now'], waitMs: undefined, expired: 0 });
    expect(queue.take(1, always).lines).toEqual(['later']);
  });

  it('drops lines that waited for two minutes, and counts them', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    queue.add('#a', 'old', 0);
    queue.add('#a', 'new', 60_000);
    expect(queue.take(120_001, always)).toEqual({ lines: ['new'], waitMs: undefined, expired: 1 });
    expect(queue.size).toBe(0);
  });

  it('takes no more than a thousand lines of one channel', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    const taken = Array.from({ length: 1_001 }, (_, n) => queue.add('#a', String(n), 0));
    expect(taken.filter(Boolean)).toHaveLength(1_000);
    expect(queue.add('#b', 'x', 0)).toBe(true);
  });

  it('has no limit without flood control', () => {
    const queue = new SendQueue(undefined);
    for (let n = 0; n < 100; n++) queue.add('#a', String(n), 0);
    expect(queue.take(0, always)).toMatchObject({ lines: { length: 100 }, waitMs: undefined });
  });

  it('resets for a new connection, but keeps waiting messages', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 0.001 });
    queue.addOwn('JOIN #a', 0);
    queue.add('#a', 'hello', 0);
    queue.add('#a', 'again', 0);
    queue.take(0, always);
    queue.addOwn('NICK x', 0);
    queue.reconnected(10);
    expect(queue.take(10, always).lines).toEqual(['hello']);
  });
});
