import { describe, expect, it } from 'vitest';
import { Confirmations } from './confirmations.ts';

/** A connection whose round trips and turns of the event loop the test controls. */
function connection() {
  const trips: PromiseWithResolvers<void>[] = [];
  const lost: number[] = [];
  const soon: (() => void)[] = [];
  const confirmations = new Confirmations(
    () => {
      const trip = Promise.withResolvers<void>();
      trips.push(trip);
      return trip.promise;
    },
    (messages) => lost.push(messages),
    (callback) => soon.push(callback),
  );
  const endTurn = (): void => {
    for (const callback of soon.splice(0)) callback();
  };
  return { trips, lost, confirmations, endTurn };
}

describe('Confirmations', () => {
  it('flushes once for all messages of a turn, and once for all sent during that flush', async () => {
    const { trips, confirmations, lost, endTurn } = connection();
    const first = [confirmations.ofMessage(), confirmations.ofMessage()];
    expect(trips).toHaveLength(0);
    endTurn();
    const others = [confirmations.ofMessage(), confirmations.ofMessage()];
    endTurn();
    expect(trips).toHaveLength(1);
    trips[0]?.resolve();
    expect(await Promise.all(first)).toEqual([true, true]);
    others.push(confirmations.ofMessage());
    endTurn();
    expect(trips).toHaveLength(2);
    trips[1]?.resolve();
    expect(await Promise.all(others)).toEqual([true, true, true]);
    endTurn();
    expect(trips).toHaveLength(2);
    expect(lost).toEqual([]);
  });

  it('counts unconfirmed messages as lost when the connection breaks', async () => {
    const { trips, confirmations, lost, endTurn } = connection();
    const sent = [confirmations.ofMessage()];
    endTurn();
    sent.push(confirmations.ofMessage(), confirmations.ofMessage());
    confirmations.breakOff();
    expect(await Promise.all(sent)).toEqual([false, false, false]);
    expect(lost).toEqual([1, 2]);
    trips[0]?.resolve();
    const next = confirmations.ofMessage();
    endTurn();
    trips[1]?.resolve();
    expect(await next).toBe(true);
  });

  it('counts messages as lost that were sent in the turn in which the connection broke', async () => {
    const { trips, confirmations, lost, endTurn } = connection();
    const sent = confirmations.ofMessage();
    confirmations.breakOff();
    const after = confirmations.ofMessage();
    endTurn();
    expect(await sent).toBe(false);
    expect(lost).toEqual([1]);
    expect(trips).toHaveLength(1);
    trips[0]?.resolve();
    expect(await after).toBe(true);
  });

  it('counts messages as lost when their round trip fails', async () => {
    const { trips, confirmations, lost, endTurn } = connection();
    const sent = confirmations.ofMessage();
    endTurn();
    trips[0]?.reject(new Error('disconnected'));
    expect(await sent).toBe(false);
    expect(lost).toEqual([1]);
  });
});
