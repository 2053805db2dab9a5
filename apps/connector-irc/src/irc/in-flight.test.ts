import { describe, expect, it } from 'vitest';
import { InFlight, MAX_IN_FLIGHT } from './in-flight.ts';

describe('InFlight', () => {
  it('asks the server after fifty lines, and has room again when it answers', () => {
    const flight = new InFlight();
    expect([flight.sent(49, 0), flight.sent(1, 0), flight.sent(50, 0), flight.room]).toEqual([undefined, 'lines-1', undefined, 0]);
    expect([flight.answered('lines-0', 1), flight.answered('1700000000', 1), flight.room]).toEqual([undefined, undefined, 0]);
    expect([flight.answered('lines-1', 1), flight.room]).toEqual(['lines-2', 50]);
    expect([flight.answered('lines-2', 2), flight.room, flight.unread(2)]).toEqual([undefined, MAX_IN_FLIGHT, 0]);
  });

  it('does not ask for a few lines now and then', () => {
    const flight = new InFlight();
    const tokens = Array.from({ length: 200 }, (_, n) => flight.sent(1, n * 1_000));
    expect(new Set(tokens)).toEqual(new Set([undefined]));
    expect([flight.unread(200_000), flight.unread(300_000)]).toEqual([10, 0]);
  });

  it('continues when the server does not answer', () => {
    const flight = new InFlight();
    flight.sent(100, 0);
    expect([flight.overdueMs(1_000), flight.expire(29_999), flight.room]).toEqual([29_000, undefined, 0]);
    expect([flight.expire(30_000), flight.room, flight.overdueMs(30_000)]).toEqual([undefined, MAX_IN_FLIGHT, undefined]);
  });

  it('forgets the lines of the last connection', () => {
    const flight = new InFlight();
    flight.sent(100, 0);
    flight.reset();
    expect([flight.room, flight.unread(0), flight.answered('lines-1', 1)]).toEqual([MAX_IN_FLIGHT, 0, undefined]);
  });
});
