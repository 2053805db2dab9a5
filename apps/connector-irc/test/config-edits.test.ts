import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IrcPerson, type IrcServer, startIrcServer } from '@eeveebot/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionTo, inEevee, useWorld } from './world.ts';

const world = useWorld();

describe('an edit of the configuration', () => {
  let irc: IrcServer;
  let fox: IrcPerson;

  beforeEach(async () => {
    irc = await startIrcServer({ server: 'ngircd' });
    fox = await inEevee(irc, 'fox');
  });
  afterEach(async () => {
    await fox[Symbol.asyncDispose]();
    await irc.stop();
  });

  it('joins a new channel and leaves a removed one, and changes nothing else', async () => {
    const connector = await world.joined(connectionTo(irc, { channels: ['#eevee', '#old'] }));
    await connector.logs({ msg: 'joined a channel', channel: '#old' });
    connector.configure({ connections: [connectionTo(irc, { channels: ['#eevee', '#new'] })] });
    await connector.logs({ msg: 'joined a channel', channel: '#new' });
    await connector.logs({ msg: 'left a channel', channel: '#old' });
    expect(fox.seen({ nick: 'eevee' }).map(({ kind }) => kind)).toEqual(['join']);
    expect(connector.lines.filter(({ msg }) => msg === 'connected to IRC')).toHaveLength(1);
  });

  it('that changes a comment does nothing', async () => {
    const json = JSON.stringify({ connections: [connectionTo(irc)] });
    const connector = await world.joined(json);
    connector.configure(`# a comment\n${json}`);
    // Edits are applied in order: once the next one is applied, this one has been.
    connector.configure({ connections: [connectionTo(irc, { channels: ['#eevee', '#after'] })] });
    await connector.logs({ msg: 'joined a channel', channel: '#after' });
    expect(connector.lines.filter(({ msg }) => msg === 'connected to IRC' || msg === 'left a channel')).toHaveLength(1);
    expect(fox.seen({ nick: 'eevee' }).map(({ kind }) => kind)).toEqual(['join']);
  });

  it.each([
    ['not YAML', '{{{', /cannot be used/],
    [
      'a wrong port',
      { connections: [{ name: 'main', irc: { host: 'h', port: 0 }, ident: { nick: 'eevee' } }] },
      /connections\[0\]\.irc\.port must be a whole number/,
    ],
    ['no nick', { connections: [{ name: 'main', irc: { host: 'h' } }] }, /connections\[0\]\.ident is missing/],
  ])('that is invalid (%s) changes nothing, and is logged with the reason', async (_what, config, problem) => {
    const connector = await world.joined(connectionTo(irc));
    connector.configure(config);
    await connector.logs({ level: 'error', msg: problem });
    await connector.logs({ level: 'error', msg: /Keeping the previous configuration/ });
    fox.says('#eevee', 'still there?');
    await world.bus.hears({ text: 'still there?' });
    expect(connector.lines.filter(({ msg }) => msg === 'left a channel')).toEqual([]);
    connector.configure({ connections: [connectionTo(irc, { channels: ['#eevee', '#corrected'] })] });
    await connector.logs({ msg: 'joined a channel', channel: '#corrected' });
  });

  it('whose secret is missing changes nothing until it can be read', async () => {
    const connector = await world.joined(connectionTo(irc));
    const key = join(world.folder(), 'key');
    connector.configure({ connections: [connectionTo(irc, { channels: ['#eevee', { channel: '#new', key: { file: key } }] })] });
    await connector.logs({ level: 'error', msg: /the previous one stays in effect/, reason: /key of channel #new: cannot read the file/ });
    fox.says('#eevee', 'still there?');
    await world.bus.hears({ text: 'still there?' });
    expect(fox.seen({ nick: 'eevee' }).map(({ kind }) => kind)).toEqual(['join']);
    writeFileSync(key, 'sesame');
    await connector.logs({ msg: 'joined a channel', channel: '#new' });
    expect(connector.lines.filter(({ msg }) => /stays in effect/.test(String(msg)))).toHaveLength(1);
  });

  it.each([
    ['a file of TLS', { irc: { tls: { ca: '/missing/ca.pem' } } }, /irc\.tls\.ca: the file \/missing\/ca\.pem cannot be read/],
    ['an account', { sasl: { password: { env: 'MISSING' } } }, /sasl\.password: the environment variable MISSING is not set/],
    ['NickServ', { nickserv: { password: { env: 'MISSING' } } }, /nickserv\.password: the environment variable MISSING is not set/],
    ['a channel', { channels: [{ channel: '#eevee', key: { env: 'MISSING' } }] }, /key of channel #eevee/],
  ])('without what it needs for %s changes nothing, and the next one is applied', async (_what, over, reason) => {
    const connector = await world.joined(connectionTo(irc));
    connector.configure({ connections: [connectionTo(irc, over)] });
    await connector.logs({ level: 'error', msg: /the previous one stays in effect/, reason });
    connector.configure({ connections: [connectionTo(irc, { channels: ['#eevee', '#corrected'] })] });
    await connector.logs({ msg: 'joined a channel', channel: '#corrected' });
    expect(fox.seen({ nick: 'eevee' }).map(({ kind }) => kind)).toEqual(['join']);
    expect(connector.lines.filter(({ msg }) => msg === 'connected to IRC')).toHaveLength(1);
  });

  it('changes the nick without a new connection', async () => {
    const connector = await world.joined(connectionTo(irc));
    connector.configure({ connections: [connectionTo(irc, { ident: { nick: 'umbreon' } })] });
    await fox.sees({ kind: 'nick', nick: 'eevee', text: 'umbreon' });
    expect(connector.lines.filter(({ msg }) => msg === 'connected to IRC')).toHaveLength(1);
  });

  it('changes the prefix for the next message', async () => {
    const connector = await world.joined(connectionTo(irc));
    connector.configure({ connections: [connectionTo(irc, { commands: { commonPrefixRegex: '^~' } })] });
    await expect
      .poll(
        () => {
          fox.says('#eevee', 'again');
          return world.bus.incoming.at(-1)?.payload['commonPrefixRegex'];
        },
        { timeout: 60_000 },
      )
      .toBe('^~');
  });

  it('stops publishing with broadcastMessages off, and still sends messages', async () => {
    await world.joined(connectionTo(irc, { broadcastMessages: false }));
    fox.says('#eevee', 'unheard');
    world.bus.says({ channel: '#eevee', text: 'spoken' });
    await fox.sees({ text: 'spoken' });
    fox.says('eevee', '\u0001PING 1\u0001');
    await fox.sees({ kind: 'ctcp-reply' });
    expect(world.bus.incoming).toEqual([]);
  });

  it('reconnects at once when the server changes', async () => {
    const other = world.use(await startIrcServer({ server: 'ngircd' }));
    const owl = world.use(await inEevee(other, 'owl'));
    const connector = await world.joined(connectionTo(irc));
    connector.configure({ connections: [connectionTo(other)] });
    await owl.sees({ kind: 'join', nick: 'eevee' });
    expect(await fox.sees({ kind: 'quit', nick: 'eevee' })).toMatchObject({ text: expect.stringContaining('see you') });
    expect(connector.lines.filter(({ retryInSeconds }) => retryInSeconds !== undefined)).toEqual([]);
  });

  it('starts, disables and removes single connections', async () => {
    const connector = await world.joined(connectionTo(irc));
    const second = connectionTo(irc, { name: 'second', ident: { nick: 'second' } });
    connector.configure({ connections: [connectionTo(irc), second] });
    await fox.sees({ kind: 'join', nick: 'second' });
    connector.configure({ connections: [connectionTo(irc), { ...second, enabled: false }] });
    await fox.sees({ kind: 'quit', nick: 'second' });
    world.bus.says({ channel: '#eevee', text: 'still here' });
    await fox.sees({ nick: 'eevee', text: 'still here' });
    expect(fox.seen({ kind: 'quit', nick: 'eevee' })).toEqual([]);
  });

  it('sends its commands and joins with keys after each connect, as the former connector did', async () => {
    await fox.join('#locked');
    fox.sends('MODE #locked +k sesame');
    const { channels: _channels, ...rest } = connectionTo(irc, { irc: { autoReconnectWait: 200 } });
    const postConnect = [
      { action: 'join', join: [{ channel: '#eevee' }, { channel: '#locked', keyFrom: { env: 'LOCKED_KEY' } }] },
      {
        action: 'msg',
        msg: [
          { channel: '#eevee', msg: 'hello from the bot' },
          { target: 'fox', text: 'hello fox' },
        ],
      },
    ];
    const connector = await world.joined({ ...rest, postConnect }, { LOCKED_KEY: 'sesame' });
    await connector.logs({ msg: 'joined a channel', channel: '#locked' });
    await fox.sees({ target: '#eevee', text: 'hello from the bot' });
    await fox.sees({ target: 'fox', text: 'hello fox' });
    expect(connector.output).not.toContain('sesame');
  });
});
