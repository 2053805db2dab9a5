import { eventually } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import { SUBJECT } from './outbox-receiver.ts';
import { LANE, MAX_AGE_MS, numbers, useOutbox } from './use-outbox.ts';

const used = useOutbox();

describe('messages to receivers that confirm', () => {
  it('are sent to another receiver when the first is gone before it processed them, once and in order', async () => {
    const { world } = used;
    const first = await world.receiver({ isSlow: true });
    for (const number of numbers(0, 5)) world.send(number);
    await eventually(() => first.waiting.length === 5);
    const second = await world.receiver();
    await first.nats.close();
    await world.looksAfter(() => second.worked.length === 5, 'the other receiver to get all');
    await world.settled();
    expect([second.worked, world.lost]).toEqual([numbers(0, 5), []]);
  });

  it('stay with a receiver that is slow', async () => {
    const { world } = used;
    const slow = await world.receiver({ isSlow: true });
    world.send(0);
    await eventually(() => slow.waiting.length === 1);
    const other = await world.receiver();
    await world.settled();
    slow.work();
    await world.settled();
    expect([slow.worked, other.worked]).toEqual([[0], []]);
  });

  it('are not overtaken by a message that is sent as soon as another receiver is there', async () => {
    const { world } = used;
    const first = await world.receiver({ isSlow: true });
    for (const number of numbers(0, 5)) world.send(number);
    await eventually(() => first.waiting.length === 5);
    await first.nats.close();
    const second = await world.receiver();
    world.send(5);
    await world.looksAfter(() => second.worked.length === 6, 'the other receiver to get all');
    await world.settled();
    expect([second.worked, world.lost]).toEqual([numbers(0, 6), []]);
  });

  it('are in order although one of two receivers is gone and the other is busy', async () => {
    const { world } = used;
    const first = await world.receiver({ isSlow: true });
    const second = await world.receiver();
    await world.settled();
    for (const number of numbers(0, 20)) world.send(number);
    await eventually(() => first.waiting.length > 0, { what: 'a message for the receiver that works on none' });
    await first.nats.close();
    await world.looksAfter(() => second.worked.length === 20, 'the other receiver to get all');
    await world.settled();
    expect([second.worked, world.lost]).toEqual([numbers(0, 20), []]);
  });

  it('of other orders continue while a message waits', async () => {
    const { world } = used;
    const first = await world.receiver({ isSlow: true });
    const second = await world.receiver();
    await world.settled();
    let number = 0;
    while (first.waiting.length === 0) {
      world.send(number++, { order: 'a' });
      await world.nats.nats?.flush();
      await world.nats.nats?.flush();
    }
    world.send(number++, { order: 'a' });
    for (let turn = 0; turn < 20 && !second.worked.includes(number - 1); turn++) {
      world.send(number++, { order: `b${turn}` });
      await world.nats.nats?.flush();
      await world.nats.nats?.flush();
    }
    expect(second.worked).toContain(number - 1);
    expect(second.worked).not.toContain(first.waiting[0]?.number);
  });

  it('do not expire while a receiver holds them, and are sent to another one when it is gone', async () => {
    const { world } = used;
    const first = await world.receiver({ isSlow: true });
    first.saysHeld = true;
    for (const number of numbers(0, 5)) world.send(number);
    await eventually(() => first.waiting.length === 5);
    for (let ageMs = 0; ageMs <= 2 * MAX_AGE_MS; ageMs += 1_000) await world.settled(1);
    const second = await world.receiver();
    await first.nats.close();
    await world.looksAfter(() => second.worked.length === 5, 'the other receiver to get all');
    expect([second.worked, world.lost]).toEqual([numbers(0, 5), []]);
  });

  it('are settled when a receiver holds them, and do not keep a sender from stopping', async () => {
    const { world } = used;
    const receiver = await world.receiver({ isSlow: true });
    receiver.saysHeld = true;
    const sent = new Promise((resolve) => world.send(0, { settled: resolve }));
    expect(await sent).toBe(true);
    await world.outbox.finish();
    expect([receiver.waiting.length, world.lost]).toEqual([1, []]);
  });

  it('are not sent again when only the confirmation was lost with NATS', async () => {
    const { world } = used;
    const receiver = await world.receiver({ isSlow: true });
    for (const number of numbers(0, 5)) world.send(number);
    await eventually(() => receiver.waiting.length === 5);
    const other = await world.receiver();
    await world.lostUntilBack(() => receiver.work());
    world.send(5);
    await world.looksAfter(() => other.worked.length + receiver.waiting.length === 1, 'the message that was sent while NATS was away');
    await world.settled();
    receiver.work();
    expect([...receiver.worked, ...other.worked]).toEqual(numbers(0, 6));
    expect([world.outbox.waiting, world.lost]).toEqual([0, []]);
  });

  it('are sent again when they were lost with NATS', async () => {
    const { world } = used;
    const receiver = await world.receiver();
    world.send(0);
    await eventually(() => receiver.worked.length === 1);
    // These are in the server's socket when it is killed.
    world.server.pause();
    for (const number of numbers(1, 5)) world.send(number);
    await new Promise(setImmediate);
    await world.lostUntilBack(() => world.send(5));
    await world.looksAfter(() => receiver.worked.length === 6, 'all messages');
    await world.settled();
    expect([receiver.worked, world.lost]).toEqual([numbers(0, 6), []]);
  });

  it('are dropped by a receiver that already has them', async () => {
    const { world } = used;
    const receiver = await world.receiver();
    const reply = '_INBOX.confirmations.someone.1';
    for (let time = 0; time < 2; time++) world.nats.nats?.publish(SUBJECT, '{"number":1}', { reply });
    await eventually(() => receiver.worked.length === 1);
    await world.settled();
    expect(receiver.worked).toEqual([1]);
  });
});

describe('messages to receivers that do not confirm', () => {
  it('are sent once, and counted as lost when the connection breaks', async () => {
    const { world } = used;
    const { worked } = await world.formerReceiver();
    world.server.pause();
    world.send(0);
    await new Promise(setImmediate);
    await world.lostUntilBack(() => world.send(1));
    await world.looksAfter(() => worked.length === 1, 'the message that was sent while NATS was away');
    await world.settled();
    expect([worked, world.lost]).toEqual([[1], [[1, 'broken']]]);
  });

  it('are not sent again while a receiver beside them confirms', async () => {
    const { world } = used;
    const confirming = await world.receiver({ isSlow: true });
    world.outbox.announced(LANE, undefined);
    world.send(0);
    await eventually(() => confirming.waiting.length === 1);
    const other = await world.receiver();
    await confirming.nats.close();
    await world.settled();
    expect([other.worked, world.outbox.waiting]).toEqual([[], 0]);
  });
});
