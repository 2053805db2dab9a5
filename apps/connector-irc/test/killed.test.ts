import { NatsClient } from '@eeveebot/libeevee';
import { Outbox } from '@eeveebot/libeevee/delivery';
import { type IrcServer, eventually, startIrcServer } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();
const SUBJECT = 'chat.message.outgoing.irc.main.#eevee';

let irc: IrcServer;
let fox: Awaited<ReturnType<typeof inEevee>>;
let nats: NatsClient;
let outbox: Outbox;
let lost: number;

beforeEach(async () => {
  irc = world.use(await startIrcServer({ server: 'ngircd' }));
  fox = world.use(await inEevee(irc, 'fox'));
  nats = new NatsClient({ natsHost: world.nats.host });
  await nats.connect();
  lost = 0;
  outbox = new Outbox({ nats, maxAgeMs: 30_000, onLost: (messages) => (lost += messages) });
  await outbox.start();
});
afterEach(() => nats.close());

/** Sends a text as a module does. */
function say(text: string): void {
  const payload = JSON.stringify({ type: 'message.outgoing', platform: 'irc', network: 'irc', instance: 'main', channel: '#eevee', text });
  outbox.send({ lane: 'irc.main', order: '#eevee', subject: SUBJECT, payload });
}

const heard = (count: number): Promise<readonly string[]> =>
  eventually(() => fox.heardFrom('eevee').length >= count && fox.heardFrom('eevee'), {
    what: `${count} lines of the bot`,
    timeoutMs: 60_000,
  });

/** Waits until the only connector has received all texts. */
async function isRead(): Promise<void> {
  await eventually(() => outbox.waiting === 0);
  await nats.nats?.flush();
  await world.bus.nats.request('stats.emit.request', '{}', { timeout: 20_000 });
}

/** A connector that has sent one line after its JOIN, and sends at most `more` lines for a long time. */
async function speaking({ more }: { readonly more: number }): ReturnType<typeof world.joined> {
  const connector = await world.joined(connectionTo(irc, { floodControl: { burst: 2 + more, perSecond: 0.01 } }));
  say('0');
  await heard(1);
  return connector;
}

describe('answers that wait for flood control', () => {
  it('are sent by the next connector when their own is killed, each once and in order', { repeats: 2 }, async () => {
    const first = await speaking({ more: 0 });
    for (const text of ['1', '2', '3']) say(text);
    await isRead();
    await first[Symbol.asyncDispose]();
    say('4');
    await world.joined(connectionTo(irc));
    say('5');
    await heard(6);
    say('end');
    await fox.sees({ text: 'end' });
    expect([fox.heardFrom('eevee'), lost]).toEqual([['0', '1', '2', '3', '4', '5', 'end'], 0]);
  });

  it('are not sent again when one of their lines was sent', { repeats: 2 }, async () => {
    const first = await speaking({ more: 1 });
    say('begun\nsecond line');
    say('next');
    await fox.sees({ text: 'begun' });
    await isRead();
    await first[Symbol.asyncDispose]();
    await world.joined(connectionTo(irc));
    await fox.sees({ text: 'next' });
    say('end');
    await fox.sees({ text: 'end' });
    expect(fox.heardFrom('eevee')).toEqual(['0', 'begun', 'next', 'end']);
  });

  it('are left to another replica when the connector stops', async () => {
    const first = await speaking({ more: 0 });
    await world.start(connectionTo(irc));
    for (const text of ['1', '2', '3']) say(text);
    await eventually(() => outbox.waiting === 0);
    await nats.nats?.flush();
    first.signal('SIGTERM');
    await heard(4);
    say('end');
    await fox.sees({ text: 'end' });
    expect([fox.heardFrom('eevee'), lost]).toEqual([['0', '1', '2', '3', 'end'], 0]);
  });
});
