import { readFileSync } from 'node:fs';
import { type NatsServer, eventually, freePort, startNatsServer } from '@eeveebot/testing';
import { type Msg, type NatsConnection, connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChildModule, killChildModules } from './child-module.ts';

const TOKEN = 'readme-token';
let server: NatsServer;
let router: NatsConnection;

beforeAll(async () => {
  server = await startNatsServer({ token: TOKEN });
  router = await connect({ servers: server.host, token: TOKEN });
});

afterAll(async () => {
  await killChildModules();
  await router.close();
  await server.stop();
});

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const modules = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code);

describe("the README's module", () => {
  it.each([
    ['out of its parts', modules[0]],
    ['by hand', modules[1]],
  ])('runs as it is printed and answers: %s', async (_way, code) => {
    expect(code).toContain('@eeveebot/libeevee');
    const said: unknown[] = [];
    const registered: { commandUUID?: string }[] = [];
    const subscriptions = [
      router.subscribe('chat.message.outgoing.>', { callback: (_error, msg: Msg) => void said.push(msg.json()) }),
      router.subscribe('command.register', { callback: (_error, msg: Msg) => void registered.push(msg.json()) }),
    ];
    await router.flush();

    const module = new ChildModule(code ?? '', { NATS_HOST: server.host, NATS_TOKEN: TOKEN, HTTP_API_PORT: String(await freePort()) });
    await module.says('"ready"');
    // Written and published independently: either may arrive first.
    await eventually(() => registered.length > 0);
    const call = { platform: 'irc', network: 'libera', instance: 'main', channel: '#eevee', text: 'world', trace: 't' };
    router.publish(`command.execute.${registered[0]?.commandUUID}`, JSON.stringify(call));
    await eventually(() => said.length > 0);
    expect(said).toEqual([{ ...call, text: 'Hello, world!', type: 'message.outgoing' }]);

    module.signal('SIGTERM');
    expect(await module.exited).toEqual({ code: 0, signal: null });
    for (const subscription of subscriptions) subscription.unsubscribe();
  });

  it('are all run by this test', () => {
    expect(modules).toHaveLength(2);
  });
});
