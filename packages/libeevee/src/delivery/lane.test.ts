import { describe, expect, it } from 'vitest';
import { type Item, Lane } from './lane.ts';

const item = (number: number, over: Partial<Item> = {}): Item => ({
  ...{ number, subject: 'work', payload: '', sinceMs: number, settle: undefined, sentMs: 0, isDoubtful: false, isHeld: false },
  ...over,
});
const numbersOf = (items: readonly Item[]): number[] => items.map(({ number }) => number);

/** A lane with one receiver that confirms, and with messages that were sent to it. */
function laneWith({ sent = [], waiting = [] }: { sent?: readonly Item[]; waiting?: readonly Item[] }): Lane {
  const lane = new Lane('work');
  lane.announced('receiver', 0);
  for (const each of sent) lane.unconfirmed.set(each.number, each);
  for (const each of waiting) lane.keep(each);
  return lane;
}

describe('a lane', () => {
  it('keeps messages in order, also those that come back late', () => {
    const lane = laneWith({ waiting: [item(3), item(5), item(1), item(4)] });
    expect(numbersOf(lane.next(2))).toEqual([1, 3]);
    expect(numbersOf(lane.next(100))).toEqual([4, 5]);
  });

  it('does not send a message while an older one may still be confirmed', () => {
    const lane = laneWith({ sent: [item(1)], waiting: [item(2)] });
    expect(lane.next(1)).toEqual([]);
    lane.remove(1);
    expect(numbersOf(lane.next(1))).toEqual([2]);
  });

  it('sends past a message that a receiver holds until its turn', () => {
    const held = item(1);
    const lane = laneWith({ sent: [held], waiting: [item(2)] });
    lane.held(held, 10);
    expect(numbersOf(lane.next(1))).toEqual([2]);
  });

  it('asks about messages without confirmation after a while, and at once when others find no receiver', () => {
    const lane = laneWith({ sent: [item(1, { sentMs: 100 }), item(2, { sentMs: 900 })] });
    expect(numbersOf(lane.doubtful(500))).toEqual([1]);
    lane.keep(item(3));
    expect(numbersOf(lane.doubtful(500))).toEqual([1, 2]);
  });

  it('sends nothing that may have arrived before a connection broke until all receivers lack it', () => {
    const lane = laneWith({ sent: [item(1), item(2)], waiting: [item(3)] });
    lane.broken();
    expect([numbersOf(lane.waiting), lane.next(10)]).toEqual([[1, 2, 3], []]);
    expect(numbersOf(lane.doubtful(0))).toEqual([1, 2]);
    lane.remove(1);
    lane.absent(lane.doubtful(0));
    expect(numbersOf(lane.next(10))).toEqual([2, 3]);
  });

  it('confirms only while all its receivers do', () => {
    const lane = new Lane('work');
    expect(lane.confirms(0)).toBe(false);
    lane.announced('receiver', 0);
    expect(lane.confirms(0)).toBe(true);
    lane.announced(undefined, 1_000);
    expect([lane.confirms(1_000), lane.confirms(180_999), lane.confirms(181_000)]).toEqual([false, false, true]);
  });

  it('gives up messages that are too old, and forgets those that a receiver most likely has', () => {
    const lane = laneWith({ sent: [item(1), item(7)], waiting: [item(2), item(8)] });
    const { sent, waiting } = lane.expired(5);
    expect([numbersOf(sent), numbersOf(waiting)]).toEqual([[1], [2]]);
    expect([[...lane.unconfirmed.keys()], numbersOf(lane.waiting)]).toEqual([[7], [8]]);
  });

  it('remembers at most a hundred receivers, the latest', () => {
    const lane = new Lane('work');
    for (let number = 0; number < 150; number++) lane.announced(`receiver-${number}`, 0);
    expect([lane.receivers.size, lane.receivers.has('receiver-149'), lane.receivers.has('receiver-0')]).toEqual([100, true, false]);
  });
});
