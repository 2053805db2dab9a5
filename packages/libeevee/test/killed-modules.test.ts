import { RECEIVER_HEADER, commandExecuteSubject } from '@eeveebot/contract';
import { eventually, freePort } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendChatMessage } from '../src/chat/answers.ts';
import { Outbox } from '../src/delivery/index.ts';
import type { NatsClient } from '../src/nats/client.ts';
import { ChildModule, killChildModules } from './child-module.ts';
import { TestBus } from './test-bus.ts';

const CODE = `
  import { defineModule } from './src/index.ts';
  const echo = { commandUUID: 'c-echo', commandDisplayName: 'echo', regex: '^echo', run: ({ text, reply }) => reply(text) };
  await defineModule({ name: 'child', version: '1.0.0', commands: [echo] }).start();
`;

const PLACE = { platform: 'irc', network: 'n', instance: 'main', channel: '#c' };
const CALLS = commandExecuteSubject('c-echo');

let bus: TestBus;
let nats: NatsClient;
beforeEach(async () => {
  bus = await TestBus.start();
  nats = await bus.client('router');
});
afterEach(async () => {
  await killChildModules();
  await bus[Symbol.asyncDispose]();
});

async function start(): Promise<ChildModule> {
  const module = new ChildModule(CODE, { ...bus.env, HTTP_API_PORT: String(await freePort()) });
  await module.says('"ready"');
  return module;
}

/** Calls of the command, as a router sends them. */
async function calls(): Promise<{ call(text: string): void }> {
  const outbox = new Outbox({ nats, maxAgeMs: 60_000, onLost: () => expect.unreachable('a call was lost') });
  await outbox.start();
  await nats.subscribe('command.register', (_subject, msg) => outbox.announced(CALLS, msg.headers?.get(RECEIVER_HEADER)));
  return {
    call: (text) => {
      const payload = JSON.stringify({ ...PLACE, nick: 'fox', user: 'fox', text });
      outbox.send({ lane: CALLS, order: PLACE.channel, subject: CALLS, payload });
    },
  };
}

const answers = (): unknown[] =>
  bus.heard
    .filter(({ subject }) => subject.startsWith('chat.message.outgoing.'))
    .map(({ payload }) => Reflect.get(Object(payload), 'text'));
const answered = (count: number): Promise<true> =>
  eventually(() => answers().length >= count, { what: `${count} answers`, timeoutMs: 60_000 });

describe('calls that a module had not begun when it was killed', () => {
  it('are answered by another replica, each once and in order', { repeats: 2 }, async () => {
    const { call } = await calls();
    const first = await start();
    call('0');
    await answered(1);
    // It receives calls, but does not read them.
    first.signal('SIGSTOP');
    for (const text of ['1', '2', '3']) call(text);
    await nats.nats?.flush();
    await start();
    first.kill();
    call('4');
    await answered(5);
    expect(answers()).toEqual(['0', '1', '2', '3', '4']);
  });
});

describe('messages of a module', () => {
  it('are kept while NATS is down, and sent when it is back', async () => {
    await bus.server.kill();
    await eventually(() => nats.isClosed());
    await sendChatMessage(nats, { ...PLACE, text: 'late' });
    await bus.server.start();
    await answered(1);
    expect(answers()).toEqual(['late']);
  });

  it('are kept while no connector listens, and sent when one does', async () => {
    await bus.observer.drain();
    await sendChatMessage(nats, { ...PLACE, text: 'kept' });
    const connector = await bus.client('connector');
    const heard: unknown[] = [];
    await connector.subscribe('chat.message.outgoing.irc.main.>', (_subject, msg) => heard.push(msg.json<{ text: string }>().text));
    await eventually(() => heard.length > 0);
    expect(heard).toEqual(['kept']);
  });
});
