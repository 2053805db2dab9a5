import { outgoingSubjects } from '@eeveebot/contract';
import { eventually } from '@eeveebot/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendChatMessage } from '../src/chat/answers.ts';
import { sendNotice } from '../src/chat/notices.ts';
import { Inbox } from '../src/delivery/index.ts';
import type { NatsClient } from '../src/nats/client.ts';
import { TestBus } from './test-bus.ts';

const PLACE = { platform: 'irc', network: 'irc.example.org', instance: 'main' };

let bus: TestBus;
let nats: NatsClient;
beforeEach(async () => {
  bus = await TestBus.start();
  nats = await bus.client('module');
});
afterEach(() => bus[Symbol.asyncDispose]());

/** A replica of a connector that has the connection, until it stands by. */
class Replica {
  readonly heard: string[] = [];
  readonly #standBy: () => Promise<unknown>;

  private constructor(standBy: () => Promise<unknown>) {
    this.#standBy = standBy;
  }

  static async start(): Promise<Replica> {
    const client = await bus.client('connector');
    const inbox = new Inbox(client);
    await inbox.start();
    const subscribed = outgoingSubjects(PLACE).map(({ subject }) =>
      client.subscribe(subject, (_subject, msg) => {
        const receipt = inbox.take(msg);
        if (receipt === undefined) return;
        replica.heard.push(msg.json<{ text: string }>().text);
        receipt.taken();
      }),
    );
    const replica = new Replica(async () => {
      for (const each of subscribed) await client.unsubscribe(await each);
      await client.nats?.flush();
    });
    await Promise.all(subscribed);
    await client.nats?.flush();
    return replica;
  }

  /** Another replica has the connection. This one still answers questions of senders. */
  standBy(): Promise<unknown> {
    return this.#standBy();
  }

  async hears(count: number): Promise<string[]> {
    await eventually(() => this.heard.length >= count, { what: `${count} lines` });
    return this.heard;
  }
}

const say = (channel: string, text: string): void => void sendChatMessage(nats, { ...PLACE, channel, text });

/** The second of two replicas, both known to the module. */
async function secondReplica(): Promise<Replica> {
  const first = await Replica.start();
  say('#a', 'to the first');
  await first.hears(1);
  await bus.quiet();
  await first.standBy();
  const second = await Replica.start();
  say('#a', 'to the second');
  await second.hears(1);
  // The module asks both replicas, they answer, and it reads the answers.
  for (let round = 0; round < 3; round++) await bus.quiet();
  second.heard.splice(0);
  return second;
}

it('answers in one channel do not wait for another channel after the connection went to another replica', async () => {
  const replica = await secondReplica();
  for (const text of ['a 1', 'a 2']) say('#a', text);
  say('#b', 'b 1');
  void sendNotice(nats, { ...PLACE, target: 'fox', text: 'notice 1' });
  // One of several replicas may be gone, so the second line waits until the first one is confirmed.
  expect(await replica.hears(4)).toEqual(['a 1', 'b 1', 'notice 1', 'a 2']);
});
