import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '@eeveebot/testing';
import type { Msg } from 'nats';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendChatMessage } from '../src/chat/answers.ts';
import { log } from '../src/log/log.ts';
import { ChildModule, killChildModules } from './child-module.ts';
import { TOKEN, errorsCounted, useNatsClients } from './nats-clients.ts';
import { SniffingProxy } from './sniffing-proxy.ts';

const { bus, newClient, connectedClient } = useNatsClients();

afterEach(killChildModules);

describe('messages', () => {
  it('passes a handler the subject of the subscription and the message with its own', async () => {
    const client = await connectedClient();
    const received: [string, string, string][] = [];
    await client.subscribe('chat.>', (subject, msg) => received.push([subject, msg.subject, msg.string()]));
    expect(client.subjects).toEqual(['chat.>']);
    await client.publish('chat.irc.main', 'hello 🦊');
    await eventually(() => received.length === 1);
    expect(received).toEqual([['chat.>', 'chat.irc.main', 'hello 🦊']]);
  });

  it('ends a subscription', async () => {
    const client = await connectedClient();
    const received: string[] = [];
    const subscription = await client.subscribe('a', (_subject, msg) => received.push(msg.string()));
    await client.subscribe('b', (_subject, msg) => received.push(msg.string()));
    await client.unsubscribe(subscription);
    await client.publish('a', 'unheard');
    await client.publish('b', 'heard');
    await eventually(() => received.length > 0);
    expect(received).toEqual(['heard']);
    expect(client.subjects).toEqual(['b']);
  });

  it('writes what is published in one turn of the event loop at once', async () => {
    await using proxy = await SniffingProxy.start(bus.server.port);
    const client = await connectedClient({ natsHost: proxy.host });
    const before = proxy.pieces;
    // Each publish is in a microtask of its own, as those of handlers are.
    for (let number = 0; number < 50; number++) {
      await Promise.resolve();
      client.nats?.publish('number', String(number));
    }
    await client.nats?.flush();
    expect(proxy.sniffed.toString()).toContain('PUB number 2\r\n49\r\n');
    expect(proxy.pieces - before).toBe(1);
  });

  it('still writes what was published before a close', async () => {
    const received: string[] = [];
    bus.observer.subscribe('last', { callback: (_error, msg) => void received.push(msg.string()) });
    await bus.observer.flush();
    const client = await connectedClient();
    client.nats?.publish('last', 'words');
    await Promise.resolve();
    await client.close();
    await eventually(() => received.length > 0);
    expect(received).toEqual(['words']);
  });

  it('have been written when what waits for that is done, whatever happens to the process then', async () => {
    const received: string[] = [];
    bus.observer.subscribe('last', { callback: (_error, msg) => void received.push(msg.string()) });
    await bus.observer.flush();
    const child = new ChildModule(
      `import { NatsClient } from './src/index.ts';
       import { afterWrites } from './src/delivery/index.ts';
       const client = new NatsClient({ natsHost: process.env.NATS_HOST, natsToken: process.env.NATS_TOKEN });
       await client.connect();
       setTimeout(() => {
         client.nats.publish('last', 'words');
         afterWrites(() => process.kill(process.pid, 'SIGKILL'));
       });`,
      { NATS_HOST: bus.server.host, NATS_TOKEN: TOKEN },
    );
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await eventually(() => received.length > 0);
    expect(received).toEqual(['words']);
  });

  it('gives each message of a queue group to one member', async () => {
    const answered: string[] = [];
    for (const replica of ['one', 'two']) {
      const client = await connectedClient();
      await client.subscribe('work', () => void answered.push(replica), { queue: 'workers' });
      await client.nats?.flush();
    }
    for (let n = 0; n < 100; n++) bus.observer.publish('work', String(n));
    await bus.observer.flush();
    await eventually(() => answered.length >= 100);
    await Promise.all(bus.clients.map((client) => client.nats?.flush()));
    expect(answered).toHaveLength(100);
    expect(new Set(answered).size).toBe(2);
  });

  it('continues after handlers that throw, reject or never end', async () => {
    const client = await connectedClient({ name: 'failing' });
    const received: string[] = [];
    await client.subscribe('job', (_subject, msg) => {
      if (msg.string() === 'throw') throw new Error('thrown');
      if (msg.string() === 'reject') return Promise.reject(new Error('rejected'));
      if (msg.string() === 'hang') return new Promise(() => {});
      received.push(msg.string());
      return undefined;
    });
    for (const job of ['throw', 'reject', 'hang', 'fine']) await client.publish('job', job);
    await eventually(() => received.length === 1);
    expect(await errorsCounted('job', 'failing')).toBe(2);
    expect(vi.mocked(log.error).mock.calls.map(([, fields]) => fields)).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ message: 'thrown' }) }),
      expect.objectContaining({ error: expect.objectContaining({ message: 'rejected' }) }),
    ]);
  });

  it('reports a payload that is larger than the server accepts, and continues', async () => {
    const client = await connectedClient({ name: 'large' });
    expect(await client.publish('big', new Uint8Array(client.maxPayloadBytes + 1))).toBe(false);
    expect(await errorsCounted('payload_too_large', 'large')).toBe(1);
    expect(await client.publish('big', new Uint8Array(client.maxPayloadBytes))).toBe(true);
  });

  it('rejects subjects that are so long that the server would end the connection, and stays connected', async () => {
    const client = await connectedClient({ name: 'long' });
    const lost = vi.fn();
    client.on('disconnect', lost);
    const subject = `a.${'x'.repeat(5_000)}`;
    expect([await client.publish(subject, 'x'), await client.subscribe(subject, () => {})]).toEqual([false, false]);
    const address = { platform: 'irc', network: 'n', instance: 'main', channel: `#${'x'.repeat(5_000)}` };
    await expect(sendChatMessage(client, { ...address, text: 'hello' })).rejects.toMatchObject({ code: 'EEVEE_CHAT_NOT_SENT' });
    expect(await client.publish('a', 'x')).toBe(true);
    expect(lost).not.toHaveBeenCalled();
    for (const [message] of vi.mocked(log.error).mock.calls) expect(String(message).length).toBeLessThan(300);
  });

  it('reports that a text is too large for the server, with its size', async () => {
    const client = await connectedClient();
    const text = 'x'.repeat(client.maxPayloadBytes);
    const address = { platform: 'irc', network: 'n', instance: 'main', channel: '#eevee' };
    await expect(sendChatMessage(client, { ...address, text })).rejects.toThrow(/it has 10\d+ bytes, but NATS accepts at most 1048576/);
    await sendChatMessage(client, { ...address, text: 'short' });
  });

  it.each([
    ['to.two words', 'to.two_words'],
    ['to.line\r\nPUB evil 0\r\n', 'to.line__PUB_evil_0__'],
    ['to.*', 'to._'],
    ['to.>', 'to._'],
    ['to..x', 'to._.x'],
    ['to.🦊', 'to.🦊'],
  ])('sends a message for %j to one plain subject', async (subject, plain) => {
    const client = await connectedClient();
    const received: string[] = [];
    bus.observer.subscribe('>', { callback: (_error, msg: Msg) => void received.push(msg.subject) });
    await bus.observer.flush();
    expect(await client.publish(subject, 'x')).toBe(true);
    await client.nats?.flush();
    await bus.observer.flush();
    expect(received).toEqual([plain]);
  });

  it('rejects a subscription that NATS would misread', async () => {
    const client = await connectedClient({ name: 'misread' });
    expect(await client.subscribe('two words', () => {})).toBe(false);
    expect(await client.subscribe('a', () => {}, { queue: 'b c' })).toBe(false);
    expect(await errorsCounted('invalid_subject', 'misread')).toBe(2);
  });
});

describe('drain', () => {
  it('handles all delivered messages and lets running handlers reply', async () => {
    const client = await connectedClient();
    const replies = new Set<string>();
    bus.observer.subscribe('reply', { callback: (_error, msg: Msg) => void replies.add(msg.string()) });
    await client.subscribe('question', async (_subject, msg) => {
      await delay(Number(msg.string()) % 20);
      await client.publish('reply', msg.string());
    });
    await client.nats?.flush();
    for (let n = 0; n < 5000; n++) bus.observer.publish('question', String(n));
    await bus.observer.flush();
    await client.drain();
    await bus.observer.flush();
    expect(replies.size).toBe(5000);
    expect(client.isClosed()).toBe(true);
    expect(await client.publish('reply', 'late')).toBe(false);
  });

  it('ends when the server is down', async () => {
    const client = await connectedClient();
    await client.subscribe('x', () => {});
    await bus.server.kill();
    await eventually(() => client.isClosed());
    await client.drain();
    await expect(client.connect()).resolves.toBeUndefined();
    expect(client.isClosed()).toBe(true);
  });

  it('is one drain however often it is called', async () => {
    const client = await connectedClient();
    await Promise.all([client.drain(), client.drain()]);
    await client.drain();
    expect(client.isClosed()).toBe(true);
  });

  it('cancels a connect in progress', async () => {
    await bus.server.kill();
    const client = newClient();
    const connected = client.connect();
    await eventually(() => vi.mocked(log.warn).mock.calls.length >= 1);
    await client.drain();
    await expect(connected).rejects.toMatchObject({ code: 'EEVEE_NATS_CLOSED' });
  });
});

it('a draining client rejects new subscriptions', async () => {
  const client = await connectedClient();
  const drained = client.nats?.drain();
  // The package itself throws an exception.
  expect(client.nats?.isDraining()).toBe(true);
  expect(await client.subscribe('late', () => {})).toBe(false);
  expect(log.error).toHaveBeenCalledWith('cannot subscribe to "late"', expect.objectContaining({ producer: 'nats' }));
  await drained;
  expect(client.subjects).toEqual([]);
});

it('keeps no memory of ended subscriptions', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const client = await connectedClient();
  const heapAfter = async (subscriptions: number): Promise<number> => {
    for (let done = 0; done < subscriptions; done += 100) {
      const made = await Promise.all(Array.from({ length: 100 }, () => client.subscribe('brief', () => {})));
      for (const subscription of made) await client.unsubscribe(subscription);
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(1_000);
  // A few hundred bytes of each would be three megabytes.
  expect((await heapAfter(10_000)) - before).toBeLessThan(1_000_000);
});
