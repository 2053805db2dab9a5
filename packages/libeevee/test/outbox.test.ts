import { eventually } from '@eeveebot/testing';
import { describe, expect, it, vi } from 'vitest';
import { MAX_AGE_MS, RETRY_MS, numbers, useOutbox } from './use-outbox.ts';

const used = useOutbox();

describe('messages that are kept while there is no receiver', () => {
  it('are sent when it is back, although more are sent all the time', async () => {
    const { world } = used;
    world.send(0);
    await world.untilKept(1);
    const { worked } = await world.formerReceiver();
    // Each is sent shortly before the next attempt.
    for (let number = 1; number <= 5; number++) {
      world.clock.advance(RETRY_MS * 0.75);
      world.send(number);
    }
    await eventually(() => worked.length === 6, { what: 'all messages' });
    expect(worked).toEqual(numbers(0, 6));
  });

  it('are sent in order, in a few round trips', async () => {
    const { world } = used;
    for (let number = 0; number < 950; number++) world.send(number);
    await world.untilKept(950);
    const { worked } = await world.formerReceiver();
    const roundTrips = vi.spyOn(world.nats.nats ?? expect.unreachable('not connected'), 'flush');
    world.clock.advance(RETRY_MS);
    await eventually(() => worked.length === 950, { what: 'all messages' });
    expect(worked).toEqual(numbers(0, 950));
    expect(roundTrips.mock.calls.length).toBeLessThan(30);
  });

  it('are dropped, the oldest first, when they are too many or too old', async () => {
    const { world } = used;
    for (let number = 0; number < 1_003; number++) world.send(number);
    await world.untilKept(1_000);
    expect(world.lost).toEqual([[1, 'too_many']]);
    world.clock.advance(MAX_AGE_MS + 1);
    // The two reasons are reported in sums of their own, either of which may end first.
    const lost = world.lost.toSorted(([a], [b]) => a - b);
    const expected = [
      [1, 'too_many'],
      [2, 'too_many'],
      [1_000, 'too_old'],
    ];
    expect([world.outbox.waiting, lost]).toEqual([0, expected]);
  });

  it('do not hold up messages for other receivers', async () => {
    const { world } = used;
    world.send(0);
    await world.untilKept(1);
    const { worked } = await world.formerReceiver();
    world.send(1, { lane: 'other' });
    await eventually(() => worked.length === 1);
    expect(worked).toEqual([1]);
  });
});

describe('a sender', () => {
  /** Indexes of the next messages whose senders wait. */
  function sendAndNote(count: number): { readonly goneOn: number[] } {
    const goneOn: number[] = [];
    for (const number of numbers(0, count)) {
      used.world.send(number, { settled: (sent) => void (sent && goneOn.push(number)) });
    }
    return { goneOn };
  }

  it('continues immediately while few messages are unconfirmed, and after a round trip when many are', async () => {
    const { world } = used;
    const { worked } = await world.formerReceiver();
    const { goneOn } = sendAndNote(400);
    expect(goneOn).toEqual(numbers(0, 250));
    await eventually(() => goneOn.length === 400, { what: 'all senders to continue' });
    await eventually(() => worked.length === 400, { what: 'all messages' });
  });

  it('continues when a receiver has confirmed enough of many messages', async () => {
    const { world } = used;
    const receiver = await world.receiver({ isSlow: true });
    const { goneOn } = sendAndNote(260);
    await eventually(() => receiver.waiting.length === 260, { what: 'all messages' });
    const before = goneOn.length;
    receiver.work();
    await eventually(() => goneOn.length === 260, { what: 'all senders to continue' });
    expect([before, receiver.worked]).toEqual([250, numbers(0, 260)]);
  });
});

it('waits for unconfirmed messages on shutdown', async () => {
  const { world } = used;
  const receiver = await world.receiver({ isSlow: true });
  world.send(0);
  await eventually(() => receiver.waiting.length === 1);
  let isFinished = false;
  const finished = world.outbox.finish().then(() => (isFinished = true));
  await world.nats.nats?.flush();
  expect(isFinished).toBe(false);
  receiver.work();
  await finished;
});
