import { describe, expect, it } from 'vitest';
import { Confirmations } from './nats-confirmations.ts';

/** A connection whose round trips the test ends. */
function connection() {
  const trips: PromiseWithResolvers<void>[] = [];
  const lost: number[] = [];
  const confirmations = new Confirmations(
    () => {
      const trip = Promise.withResolvers<void>();
      trips.push(trip);
      return trip.promise;
    },
    (messages) => lost.push(messages),
  );
  return { trips, lost, confirmations };
}

describe('Confirmations', () => {
  it('asks once for all messages sent while a round trip is under way', async () => {
    const { trips, confirmations, lost } = connection();
    const first = confirmations.ofMessage();
    const others = [confirmations.ofMessage(), confirmations.ofMessage()];
    expect(trips).toHaveLength(1);
    trips[0]?.resolve();
    expect(await first).toBe(true);
    expect(trips).toHaveLength(2);
    trips[1]?.resolve();
    expect(await Promise.all(others)).toEqual([true, true]);
    expect(lost).toEqual([]);
  });

  it('counts as lost what a broken connection leaves unconfirmed', async () => {
    const { trips, confirmations, lost } = connection();
    const sent = [confirmations.ofMessage(), confirmations.ofMessage(), confirmations.ofMessage()];
    confirmations.breakOff();
    expect(await Promise.all(sent)).toEqual([false, false, false]);
    expect(lost).toEqual([1, 2]);
    trips[0]?.resolve();
    const next = confirmations.ofMessage();
    trips[1]?.resolve();
    expect(await next).toBe(true);
  });

  it('counts as lost what a failed round trip asked for', async () => {
    const { trips, confirmations, lost } = connection();
    const sent = confirmations.ofMessage();
    trips[0]?.reject(new Error('disconnected'));
    expect(await sent).toBe(false);
    expect(lost).toEqual([1]);
  });
});
