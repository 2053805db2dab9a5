import { eventually, startIrcServer } from '@eeveebot/testing';
import { ErrorCode, NatsError, connect } from 'nats';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { BusProbe } from './bus-probe.ts';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();

/** Waits until NATS has noticed that the last subscriber to incoming messages is gone. */
async function nobodyListens(host: string): Promise<void> {
  const nats = await connect({ servers: host });
  const isAlone = async (): Promise<boolean> => {
    try {
      await nats.request('chat.message.incoming.probe', '{}', { timeout: 200 });
      return false;
    } catch (error) {
      return error instanceof NatsError && error.code === ErrorCode.NoResponders;
    }
  };
  await eventually(isAlone, { what: 'no subscriber' });
  await nats.close();
}

describe('the connector as a process', () => {
  it('sends its pending messages on SIGTERM, leaves IRC with its quit message, and exits 0', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc));
    for (let n = 0; n < 50; n++) world.bus.says({ channel: '#eevee', text: `line ${n}` });
    await world.bus.nats.flush();
    connector.signal('SIGTERM');
    expect(await connector.exited).toEqual({ code: 0, signal: null });
    expect(await fox.sees({ kind: 'quit', nick: 'eevee' })).toMatchObject({ text: expect.stringContaining('see you') });
    expect(fox.heardFrom('eevee')).toHaveLength(50);
  });

  it('says how many lines may be lost if the server does not read them before it stops', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc));
    irc.pause();
    for (let n = 0; n < 300; n++) world.bus.says({ channel: '#eevee', text: `line ${n}` });
    await world.bus.nats.flush();
    // Answered after the connector has received all lines.
    await world.bus.nats.request('stats.emit.request', '{}', { timeout: 20_000 });
    connector.signal('SIGTERM');
    expect(await connector.exited).toEqual({ code: 0, signal: null });
    expect(await connector.logs({ msg: /the bot left IRC before the server had read its last lines/ })).toMatchObject({ lines: 100 });
    // One of the hundred is the JOIN.
    expect(await connector.logs({ msg: /were dropped because the connection was stopped/ })).toMatchObject({ lines: 201 });
    irc.resume();
    await fox.sees({ kind: 'quit', nick: 'eevee' });
    const heard = fox.heardFrom('eevee');
    expect(heard).toEqual(Array.from({ length: Math.min(99, heard.length) }, (_, n) => `line ${n}`));
  });

  it('exits 0 on SIGTERM although the IRC server hangs or is down, or NATS is down', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const hanging = await world.joined(connectionTo(irc));
    irc.pause();
    hanging.signal('SIGTERM');
    expect(await hanging.exited).toEqual({ code: 0, signal: null });
    irc.resume();
    const lonely = await world.start(connectionTo({ port: 1 }));
    await lonely.logs({ msg: 'cannot connect to IRC' });
    lonely.signal('SIGTERM');
    expect(await lonely.exited).toEqual({ code: 0, signal: null });
    const cutOff = await world.joined(connectionTo(irc));
    await world.nats.kill();
    await cutOff.logs({ msg: /connection to .* lost/ });
    cutOff.signal('SIGTERM');
    expect(await cutOff.exited).toEqual({ code: 0, signal: null });
    await world.nats.start();
  });

  it('exits with all problems of an invalid configuration', async () => {
    const connector = await world.start({ connections: [{ name: 'a.b', irc: { port: 0 } }] });
    expect(await connector.exited).toEqual({ code: 1, signal: null });
    const problems = connector.lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringContaining('connections[0].name must be'),
        expect.stringContaining('connections[0].irc.host is missing'),
        expect.stringContaining('connections[0].irc.port must be'),
        expect.stringContaining('connections[0].ident is missing'),
      ]),
    );
  });

  it('reports its stats, health and metrics', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const connector = await world.joined(connectionTo(irc));
    const fox = world.use(await inEevee(irc, 'fox'));
    fox.says('#eevee', 'hello');
    await world.bus.hears({ text: 'hello' });
    const answer = (await world.bus.nats.request('stats.emit.request', '{}', { timeout: 20_000 })).json<{
      stats: Record<string, unknown>;
    }>();
    expect(answer).toMatchObject({
      module: 'connector-irc',
      stats: {
        version: manifest.version,
        connector: [
          {
            name: 'main',
            connected: true,
            host: '127.0.0.1',
            nick: 'eevee',
            channels: ['#eevee'],
            reconnects: 0,
            lastConnect: expect.any(String),
            lastDisconnect: null,
          },
        ],
      },
    });
    expect((await connector.get('/health')).status).toBe(200);
    const metrics = await (await connector.get('/metrics')).text();
    expect(metrics).toContain('messages_total{module="connector-irc",platform="irc",direction="incoming",result="success"} 1');
    expect(metrics).toContain('connections_total{module="connector-irc",result="connected"} 1');
    expect(metrics).toContain('active_channels{module="connector-irc",channel="main #eevee"} 1');
    expect(connector.output).not.toContain('hello');
  });

  it('is unhealthy, with the reason, once all connections were down for two minutes', async () => {
    const connector = await world.start(connectionTo({ port: 1 }));
    const unhealthy = await eventually(
      async () => {
        const response = await connector.get('/health');
        const { reason = '' } = (await response.json()) as { readonly reason?: string };
        return reason.includes('IRC') && { status: response.status, reason };
      },
      { timeoutMs: 240_000, intervalMs: 500 },
    );
    expect(unhealthy).toEqual({ status: 503, reason: expect.stringMatching(/no IRC connection: main: .*ECONNREFUSED/) });
    expect((await connector.get('/livez')).status).toBe(200);
  });

  it('keeps messages while NATS or the router is down, and publishes them once', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const connector = await world.joined(connectionTo(irc));
    // CTCP is answered after earlier messages have been published.
    const handled = async (token: string): Promise<unknown> => {
      await eventually(
        () => {
          fox.says('eevee', `\u0001PING ${token}\u0001`);
          return fox.seen({ kind: 'ctcp-reply', text: `PING ${token}` }).length > 0;
        },
        { intervalMs: 200 },
      );
      return true;
    };
    await world.bus[Symbol.asyncDispose]();
    await nobodyListens(world.nats.host);
    fox.says('#eevee', 'without a router');
    await handled('1');
    const router = world.use(await BusProbe.connect(world.nats));
    await router.hears({ text: 'without a router' });
    await world.nats.kill();
    await connector.logs({ msg: /connection to .* lost/ });
    fox.says('#eevee', 'without NATS');
    await handled('2');
    await world.nats.start();
    await connector.logs({ msg: 'NATS connection is back' });
    fox.says('#eevee', 'with NATS');
    await router.hears({ text: 'with NATS' });
    expect(router.incoming.map(({ payload }) => payload['text'])).toEqual(['without a router', 'without NATS', 'with NATS']);
  });
});
