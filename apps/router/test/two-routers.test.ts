import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@eeveebot/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Bus } from './bus.ts';
import type { RouterProcess } from './router-process.ts';
import { useRouterWorld } from './use-router-world.ts';

const world = useRouterWorld();
const { start, heard, kill, settled } = world;
let bus: Bus;

beforeEach(() => {
  ({ bus } = world);
});

describe('two routers', () => {
  /** Both know the other, and both receive messages. */
  async function both(): Promise<[RouterProcess, RouterProcess]> {
    const first = await start();
    return [first, await start()];
  }

  it('answer once, and share their limits', async () => {
    await both();
    bus.command('c-free', String.raw`^free\s+`);
    for (let number = 0; number < 100; number++) bus.say(`!free ${number}`);
    await heard('c-free', 100);
    await settled();
    expect(
      bus
        .texts('c-free')
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 100 }, (_, number) => number));
    bus.command('c-echo', String.raw`^echo\s+`, { limit: 5 });
    await bus.nats.flush();
    const people = Array.from({ length: 10 }, (_, number) => `~person${number}`);
    for (let number = 0; number < 20; number++) for (const user of people) bus.say(`!echo ${user}`, { user, nick: user.slice(1) });
    await heard('c-echo', 50);
    await settled();
    for (const user of people) expect(bus.texts('c-echo').filter((text) => text === user)).toHaveLength(5);
  });

  it('continue when one is killed, with the limits that it counted', async () => {
    const [first] = await both();
    bus.command('c-echo', String.raw`^echo\s+`, { limit: 5, interval: '1h' });
    const people = Array.from({ length: 10 }, (_, number) => `~person${number}`);
    const everyone = (times: number): void => {
      for (let number = 0; number < times; number++) for (const user of people) bus.say(`!echo ${user}`, { user, nick: user.slice(1) });
    };
    everyone(3);
    await heard('c-echo', 30);
    await settled();
    await kill(first);
    everyone(5);
    await heard('c-echo', 50);
    await settled();
    for (const user of people) {
      // The count of a call in transit at the death of the router may be unknown.
      const calls = bus.texts('c-echo').filter((text) => text === user).length;
      expect([5, 6], user).toContain(calls);
    }
  });

  it('know all limits of the other when one is added, also if their counts do not fit into one message', async () => {
    const first = await start();
    bus.command('c-once', '^once$', { limit: 1, interval: '1h' });
    const people = Array.from({ length: 1_500 }, (_, number) => `~person${number}${'x'.repeat(1_000)}`);
    const everyone = async (): Promise<void> => {
      for (const [number, user] of people.entries()) {
        bus.say('!once', { user, nick: `person${number}` });
        if (number % 100 === 0) await bus.nats.flush();
      }
      await settled();
    };
    await everyone();
    expect(bus.texts('c-once')).toHaveLength(people.length);
    await start();
    await settled();
    await kill(first);
    await everyone();
    expect(bus.texts('c-once')).toHaveLength(people.length);
  });

  it('take over waiting calls when one stops', async () => {
    const [first, second] = await both();
    bus.command('c-slow', String.raw`^slow\s+`, { mode: 'enqueue', limit: 1, interval: '2s' });
    const people = Array.from({ length: 8 }, (_, number) => `~person${number}`);
    for (const call of ['a', 'b']) for (const user of people) bus.say(`!slow ${user} ${call}`, { user, nick: user.slice(1) });
    await heard('c-slow', 8);
    first.signal('SIGTERM');
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect((await heard('c-slow', 16)).toSorted()).toEqual(people.flatMap((user) => [`${user} a`, `${user} b`]).toSorted());
    expect(second.lines.some(({ level }) => level === 'error')).toBe(false);
  });

  it('of two names report that their configurations differ, and route each message once', async () => {
    const router = (name: string, blocklist: string): Promise<RouterProcess> => {
      const file = join(world.folder, `${name}.yaml`);
      writeFileSync(file, blocklist);
      return start({ NAMESPACE: 'bot', RESOURCE_NAME: name, MODULE_CONFIG_PATH: file });
    };
    const [one, other] = [await router('one', 'blocklist: [{pattern: spam}]'), await router('other', '')];
    const message = 'another router on this bus has a different configuration';
    expect(await one.logged(message)).toMatchObject({ level: 'error', module: 'bot/one', otherModule: 'bot/other' });
    expect(await other.logged(message)).toMatchObject({ level: 'error', module: 'bot/other', otherModule: 'bot/one' });
    bus.command('c-free', String.raw`^free\s+`);
    for (let number = 0; number < 50; number++) bus.say(`!free ${number}`);
    await heard('c-free', 50);
    await settled();
    expect(bus.texts('c-free')).toHaveLength(50);
    const equal = await router('equal', 'blocklist: [{pattern: spam, description: advertising}]');
    await equal.logged(message);
    expect(equal.lines.filter(({ msg }) => String(msg).includes(message)).map(({ otherModule }) => otherModule)).toEqual(['bot/other']);
  });

  it('accept calls of each other only if they were just sent', async () => {
    await start();
    const id = await eventually(() => bus.peers.at(-1));
    const subject = `control.router.calls.${String(id)}`;
    bus.command('c-handed', String.raw`^handed\s+`);
    await settled();
    const message = { platform: 'irc', instance: 'main', channel: '#eevee', user: '~fox', nick: 'fox', text: '!handed' };
    const hand = (text: string, sentMs: unknown): void =>
      bus.nats.publish(subject, JSON.stringify({ call: { commandUUID: 'c-handed', message, match: { text } }, sentMs }));
    const nowMs = Date.now();
    hand('first', nowMs);
    for (const sentMs of [undefined, null, '', String(nowMs), {}, [nowMs], true, 1e18, nowMs + 60_000, nowMs - 60_000, -1e18]) {
      hand(`at ${JSON.stringify(sentMs)}`, sentMs);
    }
    // JSON has no infinity, but its numbers may be too large.
    bus.nats.publish(subject, `{"call":${JSON.stringify({ commandUUID: 'c-handed', message, match: { text: 'huge' } })},"sentMs":1e999}`);
    hand('last', Date.now());
    await eventually(() => bus.texts('c-handed').includes('last'));
    expect(bus.texts('c-handed')).toEqual(['first', 'last']);
  });
});
