import { eventually } from '@eeveebot/testing';
import { Events, type NatsConnection } from 'nats';
import { describe, expect, it } from 'vitest';
import { registerBroadcast, unregisterBroadcast } from '../src/chat/broadcasts.ts';
import { registerCommand, unregisterCommand } from '../src/chat/commands.ts';
import { registerHelp, unregisterHelp } from '../src/chat/help.ts';
import { made, useWire } from './wire-bus.ts';

const { bus, afterMessages, quiet } = useWire();

/** Resolves when the bare client is connected again. */
async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === Events.Reconnect) return;
}

describe('commands', () => {
  const options = { commandUUID: 'c-1', commandDisplayName: 'seen.clear', regex: '^seen' };
  const registration = {
    type: 'command.register',
    commandUUID: 'c-1',
    commandDisplayName: 'seen.clear',
    platform: '.*',
    network: '.*',
    instance: '.*',
    channel: '.*',
    user: '.*',
    regex: '^seen',
    platformPrefixAllowed: true,
    nickPrefixAllowed: false,
    ratelimit: { mode: 'drop', level: 'user', limit: 5, interval: '1m' },
  };

  it('register with every field, given ones unchanged', async () => {
    const given = { ...registration, platform: 'irc', user: '^fox$', platformPrefixAllowed: false, nickPrefixAllowed: true };
    const ratelimit = { mode: 'enqueue', level: 'channel', limit: 1, interval: '10s' } as const;
    await made(registerCommand(bus.nats, { ...given, ratelimit, ttl: 60_000 }));
    await made(registerCommand(bus.nats, { ...options, commandUUID: 'c-2' }));
    expect(await afterMessages(2)).toEqual([
      { subject: 'command.register', payload: { ...given, ratelimit } },
      { subject: 'command.register', payload: { ...registration, commandUUID: 'c-2' } },
    ]);
  });

  it.each(['control.registerCommands', 'control.registerCommands.seen.clear'])('register again on %s', async (subject) => {
    const subscriptions = await registerCommand(bus.nats, options);
    await afterMessages(1);
    bus.observer.publish(subject, '{}');
    expect(await afterMessages(2)).toEqual([registration, registration].map((payload) => ({ subject: 'command.register', payload })));
    expect((await Promise.all(subscriptions)).map((subscription) => subscription !== false && subscription.getSubject())).toEqual([
      'control.registerCommands',
      'control.registerCommands.seen.clear',
    ]);
  });

  it.each(['say hello', '*', '>', '🦊'])('called %j register and are requested only by that name', async (commandDisplayName) => {
    await made(registerCommand(bus.nats, { ...options, commandDisplayName }));
    await made(registerCommand(bus.nats, { ...options, commandUUID: 'c-2', commandDisplayName: 'other' }));
    await afterMessages(2);
    // Like a router that builds the subject from the plain name, and sends it through this client.
    await bus.nats.publish(`control.registerCommands.${commandDisplayName}`, '{}');
    await afterMessages(3);
    expect((await quiet()).map(({ payload }) => Reflect.get(Object(payload), 'commandDisplayName'))).toEqual([
      commandDisplayName,
      'other',
      commandDisplayName,
    ]);
  });

  it('do not answer the router when autoControlSub is false', async () => {
    expect(await registerCommand(bus.nats, options, undefined, false)).toEqual([]);
    expect(bus.nats.subjects).toEqual([]);
  });

  it('continue to answer the router, with the latest options, when autoControlSub is false later', async () => {
    await made(registerCommand(bus.nats, options));
    expect(await registerCommand(bus.nats, { ...options, regex: '^other' }, undefined, false)).toEqual([]);
    await afterMessages(2);
    bus.observer.publish('control.registerCommands', '{}');
    await afterMessages(3);
    expect((await quiet()).slice(1).map(({ payload }) => Reflect.get(Object(payload), 'regex'))).toEqual(['^other', '^other']);
    await unregisterCommand(bus.nats, options);
    expect(bus.nats.subjects).toEqual([]);
  });

  it('leave no subscription behind when they are registered and unregistered at the same time', async () => {
    const each = Array.from({ length: 10 }, () => [registerCommand(bus.nats, options), registerCommand(bus.nats, options)]);
    await Promise.all([...each.flat(), unregisterCommand(bus.nats, options)]);
    await eventually(() => bus.nats.subjects.length === 0);
    await made(registerCommand(bus.nats, options));
    expect(bus.nats.subjects).toHaveLength(2);
    expect(bus.nats.listenerCount('reconnect')).toBe(1);
  });

  it('register again after a reconnect, because the router may have restarted', async () => {
    await made(registerCommand(bus.nats, options));
    await afterMessages(1);
    const back = Promise.all([new Promise((resolve) => bus.nats.once('reconnect', () => resolve(true))), reconnected(bus.observer)]);
    await bus.server.kill();
    await bus.server.start();
    await back;
    bus.observer.publish('control.registerCommands', '{}');
    await eventually(() => bus.heard.length >= 2);
    expect(bus.heard.every(({ subject }) => subject === 'command.register')).toBe(true);
  });

  it('unregister, and stop answering the router', async () => {
    await made(registerCommand(bus.nats, options));
    expect(await unregisterCommand(bus.nats, options)).toBe(true);
    await afterMessages(2);
    bus.observer.publish('control.registerCommands', '{}');
    await bus.observer.flush();
    expect((await quiet()).slice(1)).toEqual([
      { subject: 'command.unregister', payload: { type: 'command.unregister', commandUUID: 'c-1' } },
    ]);
    expect(bus.nats.subjects).toEqual([]);
  });

  it('replace the registration of the same UUID', async () => {
    await made(registerCommand(bus.nats, options));
    await made(registerCommand(bus.nats, { ...options, regex: '^other' }));
    await afterMessages(2);
    bus.observer.publish('control.registerCommands', '{}');
    await afterMessages(3);
    expect((await quiet()).slice(2)).toEqual([{ subject: 'command.register', payload: { ...registration, regex: '^other' } }]);
  });
});

describe('broadcasts', () => {
  const options = { broadcastUUID: 'b-1', broadcastDisplayName: 'seen' };
  const registration = {
    type: 'broadcast.register',
    broadcastUUID: 'b-1',
    broadcastDisplayName: 'seen',
    platform: '.*',
    network: '.*',
    instance: '.*',
    channel: '.*',
    user: '.*',
    nick: '.*',
    messageFilterRegex: '.*',
  };

  it('register, and again on request', async () => {
    await made(registerBroadcast(bus.nats, { ...options, messageFilterRegex: 'https?://', nick: 'fox', ttl: 1_000 }));
    await afterMessages(1);
    for (const subject of ['control.registerBroadcasts', 'control.registerBroadcasts.seen', 'control.registerBroadcasts.other']) {
      bus.observer.publish(subject, '{}');
    }
    await afterMessages(3);
    const payload = { ...registration, messageFilterRegex: 'https?://', nick: 'fox' };
    expect(await quiet()).toEqual([payload, payload, payload].map((each) => ({ subject: 'broadcast.register', payload: each })));
  });

  it('fill in defaults, and unregister', async () => {
    await made(registerBroadcast(bus.nats, options));
    await unregisterBroadcast(bus.nats, options);
    expect(await afterMessages(2)).toEqual([
      { subject: 'broadcast.register', payload: registration },
      { subject: 'broadcast.unregister', payload: { type: 'broadcast.unregister', broadcastUUID: 'b-1' } },
    ]);
  });
});

describe('help', () => {
  it('is published, published again on request, and withdrawn', async () => {
    const help = [
      { command: 'echo', descr: 'Says it back', params: [{ param: 'text', required: true, descr: 'Text to repeat' }], aliases: ['say'] },
    ];
    await made(registerHelp(bus.nats, 'echo', help));
    await afterMessages(1);
    bus.observer.publish('help.updateRequest', '{}');
    bus.observer.publish('help.updateRequest.echo', '{}');
    bus.observer.publish('help.updateRequest.other', '{}');
    await eventually(() => bus.heard.filter(({ subject }) => subject === 'help.update').length === 3);
    await unregisterHelp(bus.nats, 'echo');
    await eventually(() => bus.heard.some(({ subject }) => subject === 'help.remove'));
    const told = { subject: 'help.update', payload: { from: 'echo', help } };
    expect(bus.heard.filter(({ subject }) => !subject.startsWith('help.updateRequest'))).toEqual([
      told,
      told,
      told,
      { subject: 'help.remove', payload: { type: 'help.remove', from: 'echo' } },
    ]);
  });
});
