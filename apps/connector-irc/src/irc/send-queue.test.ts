import { describe, expect, it } from 'vitest';
import { type Message, SendQueue } from './send-queue.ts';

const always = (): boolean => true;
const message = (isAwaited = true): Message => ({ isAwaited, taken: () => undefined, released: () => undefined });

describe('SendQueue', () => {
  it('sends a burst, and then a fixed number of lines per second', () => {
    const queue = new SendQueue({ burst: 3, perSecond: 0.5 });
    for (let n = 0; n < 5; n++) queue.add('#a', [`line ${n}`], { nowMs: 0 });
    expect(queue.take(0, always)).toMatchObject({ lines: ['line 0', 'line 1', 'line 2'], waitMs: 2000, expired: 0 });
    expect(queue.take(1_999, always).lines).toEqual([]);
    expect(queue.take(2_000, always)).toMatchObject({ lines: ['line 3'], waitMs: 2000, expired: 0 });
    expect(queue.take(4_000, always)).toMatchObject({ lines: ['line 4'], waitMs: undefined, expired: 0 });
  });

  it('alternates between channels and keeps the order within each', () => {
    const queue = new SendQueue({ burst: 100, perSecond: 1 });
    for (let n = 0; n < 4; n++) queue.add('#long', [`long ${n}`], { nowMs: 0 });
    queue.add('#short', ['short 0'], { nowMs: 0 });
    queue.add('fox', ['fox 0'], { nowMs: 0 });
    expect(queue.take(0, always).lines).toEqual(['long 0', 'short 0', 'fox 0', 'long 1', 'long 2', 'long 3']);
  });

  it('sends a late line of one channel before the waiting lines of another', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    for (let n = 0; n < 50; n++) queue.add('#long', [`long ${n}`], { nowMs: 0 });
    queue.take(0, always);
    queue.add('#short', ['short'], { nowMs: 0 });
    expect(queue.take(1_000, always).lines).toEqual(['long 1']);
    expect(queue.take(2_000, always).lines).toEqual(['short']);
  });

  it('sends lines of the connection itself first, within the limit', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    queue.add('#a', ['text'], { nowMs: 0 });
    queue.addOwn('JOIN #a', 0);
    expect(queue.take(0, always).lines).toEqual(['JOIN #a']);
  });

  it('keeps lines of a channel that the bot is not in yet, without delaying others', () => {
    const queue = new SendQueue({ burst: 5, perSecond: 1 });
    queue.add('#out', ['later'], { nowMs: 0 });
    queue.add('#in', ['now'], { nowMs: 0 });
    const taken = queue.take(0, (lane) => lane === '#in');
    expect(taken).toMatchObject({ lines: ['now'], waitMs: undefined, expired: 0 });
    expect(queue.take(1, always).lines).toEqual(['later']);
  });

  it('drops lines that waited for two minutes, and counts them', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    queue.add('#a', ['old'], { nowMs: 0 });
    queue.add('#a', ['new'], { nowMs: 60_000 });
    expect(queue.take(120_001, always)).toMatchObject({ lines: ['new'], waitMs: undefined, expired: 1 });
    expect(queue.size).toBe(0);
  });

  it('accepts at most a thousand lines of one channel', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    const taken = Array.from({ length: 1_001 }, (_, n) => queue.add('#a', [String(n)], { nowMs: 0 }));
    expect(taken.filter(Boolean)).toHaveLength(1_000);
    expect(queue.add('#b', ['x'], { nowMs: 0 })).toBe(1);
  });

  it('has no limit without flood control', () => {
    const queue = new SendQueue(undefined);
    for (let n = 0; n < 100; n++) queue.add('#a', [String(n)], { nowMs: 0 });
    expect(queue.take(0, always)).toMatchObject({ lines: { length: 100 }, waitMs: undefined });
  });

  it('resets for a new connection, but keeps waiting messages', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 0.001 });
    queue.addOwn('JOIN #a', 0);
    queue.add('#a', ['hello'], { nowMs: 0 });
    queue.add('#a', ['again'], { nowMs: 0 });
    queue.take(0, always);
    queue.addOwn('NICK x', 0);
    queue.reconnected(10);
    expect(queue.take(10, always).lines).toEqual(['hello']);
  });

  it('reports once when the first line of a message is sent or dropped', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    const [first, second, third] = [message(), message(), message()];
    queue.add('#a', ['1', '2'], { nowMs: 0, message: first });
    queue.add('#a', ['3'], { nowMs: 0, message: second });
    queue.add('#a', ['4'], { nowMs: 60_000, message: third });
    expect(queue.take(0, always)).toMatchObject({ lines: ['1'], begun: [first] });
    expect(queue.take(1_000, always)).toMatchObject({ lines: ['2'], begun: [] });
    expect(queue.take(120_001, always)).toMatchObject({ lines: ['4'], expired: 1, begun: [second, third] });
  });

  it('releases messages that senders keep, and continues with those that are partly sent or that no sender keeps', () => {
    const queue = new SendQueue({ burst: 1, perSecond: 1 });
    const [begun, kept, unawaited] = [message(), message(), message(false)];
    queue.add('#a', ['1', '2'], { nowMs: 0, message: begun });
    queue.add('#a', ['3', '4'], { nowMs: 0, message: kept });
    queue.add('#a', ['5'], { nowMs: 0, message: unawaited });
    queue.take(0, always);
    expect(queue.release()).toEqual([kept]);
    expect(queue.size).toBe(2);
    expect([queue.take(1_000, always).lines, queue.take(2_000, always).lines]).toEqual([['2'], ['5']]);
  });
});
