import { type IrcServer, startIrcServer } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();

/** A text in the form of modules of eevee 2.x. */
const sent = (text: string, type = 'message.outgoing') => ({
  ...{ channel: '#eevee', network: 'irc.libera.chat', instance: 'main', platform: 'irc', text },
  ...{ trace: '5b1f5d5e-1f4e-4a44-8f6e-0d7c5c1a7e11', type },
});

/** Fields of a message that a router or module of eevee 2.x reads. */
const READ = {
  type: 'chat.message.incoming',
  ...{ platform: 'irc', instance: 'main', network: '127.0.0.1', channel: '#eevee', nick: 'fox', user: '~fox' },
  ...{ userHost: expect.stringMatching(/\S/), botNick: 'eevee', commonPrefixRegex: '^!' },
  rawEvent: expect.objectContaining({ nick: 'fox', ident: '~fox', hostname: expect.any(String), target: '#eevee' }),
};

describe('the connector between IRC and a router and modules of eevee 2.x', () => {
  let irc: IrcServer;
  beforeEach(async () => {
    irc = await startIrcServer({ server: 'ngircd' });
  });
  afterEach(() => irc.stop());

  it('sends their messages', async () => {
    await using fox = await inEevee(irc, 'fox');
    await world.joined(connectionTo(irc));
    const publications = [
      ['chat.message.outgoing.irc.main.#eevee', sent('hello'), { kind: 'message', target: '#eevee', text: 'hello' }],
      ['chat.action.outgoing.irc.main.#eevee', sent('waves', 'action.outgoing'), { kind: 'action', target: '#eevee', text: 'waves' }],
      ['chat.notice.outgoing.irc.main.#eevee', { channel: '#eevee', text: 'note' }, { kind: 'notice', target: '#eevee', text: 'note' }],
      ['chat.notice.outgoing.irc.main', { target: 'fox', text: 'too often' }, { kind: 'notice', target: 'fox', text: 'too often' }],
      // The payload determines the destination, whatever the subject is.
      ['chat.message.outgoing.irc.main.eevee.dev', sent('to the channel'), { kind: 'message', target: '#eevee', text: 'to the channel' }],
    ] as const;
    for (const [subject, payload] of publications) world.bus.nats.publish(subject, JSON.stringify(payload));
    await fox.sees({ text: 'to the channel' });
    expect(fox.seen({ nick: 'eevee' }).filter(({ kind }) => kind !== 'join')).toEqual(
      publications.map(([, , seen]) => ({ nick: 'eevee', ...seen })),
    );
  });

  it('publishes the messages that they read', async () => {
    await using fox = await inEevee(irc, 'fox');
    await world.joined(connectionTo(irc));
    fox.says('#eevee', '!help');
    fox.acts('#eevee', 'waves');
    expect(await world.bus.hears({ text: '!help' })).toMatchObject({ ...READ, text: '!help' });
    expect(await world.bus.hears({ text: 'waves' })).toMatchObject({ ...READ, text: 'waves', action: true });
    fox.sends('PART #eevee :off');
    const event = { platform: 'irc', network: '127.0.0.1', instance: 'main', nick: 'fox', user: '~fox', timestamp: expect.any(String) };
    expect(await world.bus.sees({ eventType: 'part' })).toMatchObject({
      ...event,
      channel: '#eevee',
      reason: expect.stringContaining('off'),
    });
    expect(world.bus.events.map(({ subject }) => subject)).toContain('chat.event.irc.main.part');
  });
});
