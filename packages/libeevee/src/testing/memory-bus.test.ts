import { type NatsConnection, connect, headers } from 'nats';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryBus } from './memory-bus.ts';
import { ClientOperations, isSubscribedTo } from './nats-protocol.ts';

let bus: MemoryBus;
let connections: NatsConnection[];

beforeEach(async () => {
  bus = await MemoryBus.start();
  connections = [];
});

afterEach(async () => {
  for (const connection of connections) await connection.close();
  await bus.stop();
});

/** A real NATS client. */
async function client(): Promise<NatsConnection> {
  const connection = await connect({ servers: bus.address.host, token: bus.address.token });
  connections.push(connection);
  return connection;
}

/** Messages that a client receives on a subject, once the bus has the subscription. */
async function heardBy(nats: NatsConnection, subject: string, queue?: string): Promise<string[]> {
  const heard: string[] = [];
  nats.subscribe(subject, { ...(queue === undefined ? {} : { queue }), callback: (_error, msg) => void heard.push(msg.string()) });
  await nats.flush();
  return heard;
}

/** Waits until everything published before has been received. */
const settled = async (): Promise<void> => {
  for (const connection of [...connections, ...connections]) await connection.flush();
};

describe('the bus', () => {
  it('delivers messages to all subscribers, including wildcards', async () => {
    const [one, two] = [await client(), await client()];
    const heard = [await heardBy(one, 'a.b'), await heardBy(two, 'a.*'), await heardBy(two, '>'), await heardBy(one, 'a')];
    two.publish('a.b', 'hello');
    await settled();
    expect(heard).toEqual([['hello'], ['hello'], ['hello'], []]);
  });

  it('delivers a message to one member of a queue group, in turn', async () => {
    const [one, two] = [await client(), await client()];
    const heard = [await heardBy(one, 'work', 'team'), await heardBy(two, 'work', 'team'), await heardBy(two, 'work')];
    for (let number = 0; number < 10; number++) one.publish('work', String(number));
    await settled();
    expect(heard.map(({ length }) => length)).toEqual([5, 5, 10]);
  });

  it('shares messages equally within each of several groups', async () => {
    const [one, two] = [await client(), await client()];
    const heard = [];
    for (const queue of ['commands', 'broadcasts']) for (const member of [one, two]) heard.push(await heardBy(member, 'work', queue));
    for (let number = 0; number < 10; number++) one.publish('work', String(number));
    await settled();
    expect(heard.map(({ length }) => length)).toEqual([5, 5, 5, 5]);
  });

  it('carries requests, headers, and arbitrary payloads', async () => {
    const [one, two] = [await client(), await client()];
    two.subscribe('ask', { callback: (_error, msg) => void msg.respond(msg.data, { headers: msg.headers! }) });
    await two.flush();
    const sent = headers();
    sent.set('trace', 't-1');
    const payload = Buffer.from('line\r\nPUB evil 0\r\n\r\n🦊'.repeat(5_000));
    const answer = await one.request('ask', payload, { timeout: 5_000, headers: sent });
    expect([Buffer.from(answer.data).equals(payload), answer.headers?.get('trace')]).toEqual([true, 't-1']);
  });

  it('reports immediately that a request has no responders', async () => {
    const one = await client();
    await expect(one.request('missing', '', { timeout: 5_000 })).rejects.toMatchObject({ code: '503' });
  });

  it('removes ended subscriptions, including those with a maximum of messages', async () => {
    const [one, two] = [await client(), await client()];
    const heard: string[] = [];
    one.subscribe('a', { max: 2, callback: (_error, msg) => void heard.push(msg.string()) });
    const ended = one.subscribe('a', { callback: (_error, msg) => void heard.push(msg.string()) });
    ended.unsubscribe();
    await one.flush();
    for (const text of ['1', '2', '3']) two.publish('a', text);
    await settled();
    expect(heard).toEqual(['1', '2']);
  });
});

describe('the protocol', () => {
  it('is parsed from chunks of any size', () => {
    const said = Buffer.from(
      'CONNECT {"echo":false}\r\nPING\r\nSUB a.b team 1\r\nPUB a.b 6\r\n🦊\r\n\r\nHPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nUNSUB 1 5\r\n',
    );
    const operations = new ClientOperations();
    const read = [...said].flatMap((byte) => [...operations.read(Buffer.from([byte]))]);
    expect(read.map((operation) => ('payload' in operation ? { ...operation, payload: operation.payload.toString() } : operation))).toEqual(
      [
        { kind: 'connect', options: { echo: false } },
        { kind: 'ping' },
        { kind: 'subscribe', subject: 'a.b', queue: 'team', sid: '1' },
        { kind: 'publish', subject: 'a.b', reply: '', headerBytes: 0, payload: '🦊\r\n' },
        { kind: 'publish', subject: 'a', reply: 'r', headerBytes: 12, payload: 'NATS/1.0\r\n\r\nhi' },
        { kind: 'unsubscribe', sid: '1', max: 5 },
      ],
    );
  });
});

describe('a subscription', () => {
  it.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a.c', false],
    ['a.*', 'a.b', true],
    ['a.*', 'a', false],
    ['a.*', 'a.b.c', false],
    ['*.b', 'a.b', true],
    ['a.>', 'a.b.c', true],
    ['a.>', 'a', false],
    ['>', 'a', true],
  ])('to %s, of %s: %s', (subscription, subject, expected) => {
    expect(isSubscribedTo(subscription, subject)).toBe(expected);
  });
});
