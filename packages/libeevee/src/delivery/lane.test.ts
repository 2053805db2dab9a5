import { describe, expect, it } from 'vitest';
import { type Item, Lane } from './lane.ts';

/** After this time, later messages wait for an unconfirmed one. */
const OVERDUE_MS = 500;

const item = (number: number, over: Partial<Item> = {}): Item => ({
  ...{
    lane: new Lane('work'),
    number,
    subject: 'work',
    payload: new Uint8Array(),
    order: '',
    sinceMs: number,
    outcome: undefined,
    settle: undefined,
    sentMs: 0,
    sends: 0,
    turn: 0,
    isDoubtful: false,
  },
  ...over,
});
const numbersOf = (items: readonly Item[]): number[] => items.map(({ number }) => number);

/** A lane with receivers that confirm, and with messages that were sent to them. */
function laneWith({
  sent = [],
  waiting = [],
  receivers = 1,
}: {
  sent?: readonly Item[];
  waiting?: readonly Item[];
  receivers?: number;
}): Lane {
  const lane = new Lane('work');
  for (let number = 0; number < receivers; number++) lane.announced(`receiver-${number}`, 0);
  lane.isUnsure = false;
  for (const each of sent) lane.sent(each);
  for (const each of waiting) lane.keep(each);
  return lane;
}

describe('a lane', () => {
  it('keeps messages in order, also those that come back late', () => {
    const lane = laneWith({ waiting: [item(3), item(5), item(1), item(4)] });
    expect(numbersOf(lane.next(2, 0))).toEqual([1, 3]);
    expect(numbersOf(lane.next(100, 0))).toEqual([4, 5]);
  });

  it('continues to send to its only receiver until a message is unconfirmed for a while', () => {
    const lane = laneWith({ sent: [item(1)], waiting: [item(2)] });
    expect(lane.mustWait('other', OVERDUE_MS)).toBe(false);
    expect(lane.next(1, OVERDUE_MS)).toEqual([]);
    expect(numbersOf(lane.next(1, OVERDUE_MS - 1))).toEqual([2]);
    expect([lane.mustWait('', OVERDUE_MS - 1), lane.mustWait('', OVERDUE_MS)]).toEqual([false, true]);
    lane.remove(1);
    expect(lane.mustWait('', OVERDUE_MS)).toBe(false);
  });

  it('sends one message of an order at a time to several receivers, and does not hold up other orders', () => {
    const waiting = [item(2, { order: 'a' }), item(3, { order: 'b' }), item(4, { order: 'b' }), item(5, { order: 'c' })];
    const lane = laneWith({ receivers: 2, sent: [item(1, { order: 'a' })], waiting });
    expect([lane.mustWait('a', 0), lane.mustWait('b', 0), lane.mustWait('d', 0)]).toEqual([true, true, false]);
    expect(numbersOf(lane.next(100, 0))).toEqual([3, 5]);
    expect(lane.following('a', 0)).toBe(undefined);
    lane.remove(1);
    expect(lane.following('a', 0)?.number).toBe(2);
    expect(lane.following('a', 0)).toBe(undefined);
  });

  it('sends later messages while a receiver holds one', () => {
    const held = item(1);
    const lane = laneWith({ receivers: 2, sent: [held], waiting: [item(2)] });
    lane.remove(1);
    lane.held(held, 10);
    expect(numbersOf(lane.next(1, 10))).toEqual([2]);
    expect([lane.isIdle, lane.isDone]).toEqual([false, true]);
  });

  it('asks about messages without confirmation after a while, earlier when others wait, and at once when no receiver is left or one is new', () => {
    const sent = [item(1, { sentMs: 100 }), item(2, { sentMs: 900 }), item(3, { sentMs: 1_050 })];
    const lane = laneWith({ sent });
    const held = item(4);
    lane.held(held, 900);
    expect(numbersOf(lane.doubtful(1_100))).toEqual([1]);
    lane.keep(item(5));
    expect(numbersOf(lane.doubtful(1_100))).toEqual([1, 2]);
    lane.isAway = true;
    expect(numbersOf(lane.doubtful(1_100))).toEqual([1, 2, 3, 4]);
    lane.isAway = false;
    lane.announced('new', 1_100);
    expect(numbersOf(lane.doubtful(1_100))).toEqual([1, 2, 3, 4]);
  });

  it('sends nothing that may have arrived before a connection broke until all receivers lack it', () => {
    const lane = laneWith({ sent: [item(1), item(2)], waiting: [item(3)] });
    lane.broken();
    expect([numbersOf(lane.waiting), lane.next(10, 0)]).toEqual([[1, 2, 3], []]);
    expect(numbersOf(lane.doubtful(0))).toEqual([1, 2]);
    lane.remove(1);
    lane.absent(lane.doubtful(0));
    expect(numbersOf(lane.next(10, 0))).toEqual([2, 3]);
  });

  it('confirms only while all its receivers do, and then has one order', () => {
    const lane = new Lane('work');
    expect(lane.confirms(0)).toBe(false);
    lane.announced('receiver', 0);
    expect(lane.confirms(0)).toBe(true);
    lane.announced(undefined, 1_000);
    expect([lane.confirms(1_000), lane.confirms(180_999), lane.confirms(181_000)]).toEqual([false, false, true]);
    lane.keep(item(1, { order: 'a' }));
    expect([lane.mustWait('b', 1_000), lane.mustWait('b', 181_000)]).toEqual([true, false]);
  });

  it('gives up messages that are too old, forgets those that a receiver most likely has, and leaves those that one holds', () => {
    const lane = laneWith({ sent: [item(1), item(7)], waiting: [item(2), item(8)] });
    const held = item(3);
    lane.held(held, 6);
    const { sent, waiting } = lane.expired(5);
    expect([numbersOf(sent), numbersOf(waiting)]).toEqual([[1], [2]]);
    lane.broken();
    expect(numbersOf(lane.waiting)).toEqual([3, 7, 8]);
  });

  it('remembers at most a hundred receivers, the latest', () => {
    const lane = new Lane('work');
    for (let number = 0; number < 150; number++) lane.announced(`receiver-${number}`, 0);
    expect([lane.receivers.size, lane.receivers.has('receiver-149'), lane.receivers.has('receiver-0')]).toEqual([100, true, false]);
  });
});
