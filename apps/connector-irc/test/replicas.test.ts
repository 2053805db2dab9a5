import { eventually, startIrcServer } from '@eeveebot/testing';
import { describe, expect, it } from 'vitest';
import type { ConnectorProcess } from './connector-process.ts';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();

/** Two replicas on one bus: the first has the connection, the second stands by. */
async function twoReplicas(irc: { readonly port: number }): Promise<readonly [ConnectorProcess, ConnectorProcess]> {
  const first = await world.joined(connectionTo(irc));
  const standby = new Promise<void>((resolve) => {
    world.bus.nats.subscribe('control.connectorLocks.irc.main', {
      callback: (_error, msg) => void (msg.json<{ kind: string }>().kind === 'standby' && resolve()),
    });
  });
  const second = await world.start(connectionTo(irc));
  // Sent by a replica that has heard from the holder.
  await Promise.race([standby, second.logs({ msg: 'connected to IRC' }).then(() => Promise.reject(new Error('two bots')))]);
  return [first, second];
}

describe('two replicas', () => {
  it('are one bot, and the other takes over when one is killed', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const [first, second] = await twoReplicas(irc);
    expect((await second.get('/health')).status).toBe(200);
    world.bus.says({ channel: '#eevee', text: 'once' });
    await fox.sees({ text: 'once' });
    first.signal('SIGKILL');
    await fox.sees({ kind: 'quit', nick: 'eevee' });
    await second.logs({ msg: 'joined a channel' });
    fox.says('#eevee', 'still one?');
    await world.bus.hears({ text: 'still one?' });
    world.bus.says({ channel: '#eevee', text: 'yes' });
    await fox.sees({ text: 'yes' });
    expect(fox.heardFrom('eevee')).toEqual(['once', 'yes']);
    expect(new Set(fox.transcript.map(({ nick }) => nick).filter((nick) => nick.startsWith('eevee')))).toEqual(new Set(['eevee']));
  });

  it('hand over when one is stopped, after it has left IRC', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const [first, second] = await twoReplicas(irc);
    first.signal('SIGTERM');
    expect(await first.exited).toEqual({ code: 0, signal: null });
    await second.logs({ msg: 'connected to IRC', nick: 'eevee' });
    await eventually(() => fox.seen({ kind: 'join', nick: 'eevee' }).length === 2);
    expect(fox.seen({ nick: 'eevee' }).map(({ kind }) => kind)).toEqual(['join', 'quit', 'join']);
  });

  it('are one bot when both start at once', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const both = await Promise.all([world.start(connectionTo(irc)), world.start(connectionTo(irc))]);
    await Promise.all(both.map((replica) => replica.logs({ msg: 'ready' })));
    await fox.sees({ kind: 'join', nick: 'eevee' });
    world.bus.says({ channel: '#eevee', text: 'hello' });
    await fox.sees({ text: 'hello' });
    // Both have answered after all earlier texts.
    await Promise.all(both.map(async (replica) => (await replica.get('/metrics')).text()));
    expect(fox.heardFrom('eevee')).toEqual(['hello']);
    expect(both.filter(({ lines }) => lines.some(({ msg }) => msg === 'connected to IRC'))).toHaveLength(1);
  });

  it('count the lines that are dropped when another one takes the connection', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const first = await world.joined(connectionTo(irc, { floodControl: { burst: 2, perSecond: 0.01 } }));
    world.bus.says({ channel: '#eevee', text: 'begun\nsecond line\nthird line' });
    await fox.sees({ text: 'begun' });
    // If two hold the lock, the one with the smaller identity keeps it.
    world.bus.nats.publish('control.connectorLocks.irc.main', JSON.stringify({ id: '', kind: 'hold' }));
    await fox.sees({ kind: 'quit', nick: 'eevee' });
    expect(await first.logs({ msg: 'lines for IRC were dropped because the connection was stopped' })).toMatchObject({ lines: 2 });
    const metrics = await (await first.get('/metrics')).text();
    expect(metrics).toMatch(/errors_total\{.*type="outgoing_dropped".*operation="stopped".*\} 2/);
  });

  it('stay one bot when NATS is killed and comes back', async () => {
    const irc = world.use(await startIrcServer({ server: 'ngircd' }));
    const fox = world.use(await inEevee(irc, 'fox'));
    const replicas = await twoReplicas(irc);
    await world.nats.kill();
    await Promise.all(replicas.map((replica) => replica.logs({ msg: /connection to .* lost/ })));
    await world.nats.start();
    await Promise.all(replicas.map((replica) => replica.logs({ msg: 'NATS connection is back' })));
    await eventually(
      async () => {
        fox.says('#eevee', 'hello?');
        return world.bus.incoming.length > 0;
      },
      { intervalMs: 500 },
    );
    const members = (await world.bus.asks('list-users-in-channel', { channel: '#eevee' }))['users'] as { nick: string }[];
    expect(members.map(({ nick }) => nick).toSorted()).toEqual(['eevee', 'fox']);
  });
});
