import { ircFolded } from '@eeveebot/libeevee';
import { describe, expect, it } from 'vitest';
import { type Controlled, answerJson, controlAnswer, readControl } from './control.ts';

const members = [
  { nick: 'Fox', user: '~fox', userHost: 'den', modes: ['o', 'v'] },
  { nick: 'owl', user: 'owl', userHost: 'tree', modes: [] },
  { nick: 'Cat[1]', user: 'cat', userHost: 'roof', modes: ['o'] },
];

function connection(done: string[] = [], allModes = true): Controlled {
  return {
    join: async ({ name, key }) => {
      done.push(`join ${name} ${key}`);
      if (name === '#secret' && key === undefined) throw new Error('Cannot join channel (+k)');
    },
    part: (channel) => void done.push(`part ${channel}`),
    kick: (channel, nick, reason) => void done.push(`kick ${channel} ${nick} ${reason}`),
    folded: (name) => ircFolded(name, 'rfc1459'),
    members: async (channel) => {
      if (channel !== '#eevee') throw new Error(`the bot is not in ${channel}`);
      return { members, allModes };
    },
  };
}

const answer = (action: string, data: object, done?: string[]): Promise<unknown> =>
  controlAnswer({ action, data: data as Record<string, unknown>, replyChannel: undefined }, connection(done));

describe('controlAnswer', () => {
  it.each([
    ['join', { channel: '#a' }, { channel: '#a', joined: true }],
    ['join', { channel: '#secret' }, { channel: '#secret', error: 'Cannot join channel (+k)' }],
    ['join', { channel: '#a\r\nQUIT' }, { error: 'channel is missing or not a channel' }],
    ['join', { channel: '0' }, { error: 'channel is missing or not a channel' }],
    ['join', {}, { error: 'channel is missing or not a channel' }],
    ['part', { channel: '#a' }, { channel: '#a', parted: true }],
    ['kick', { channel: '#a', nick: 'fox' }, { channel: '#a', nick: 'fox', requested: true }],
    ['kick', { channel: '#a', nick: 'fox :x\r\nQUIT' }, { channel: '#a', error: 'nick is missing or not a nick' }],
    ['list-users-in-channel', { channel: '#other' }, { channel: '#other', error: 'the bot is not in #other', users: [] }],
    ['list-users-in-channel', {}, { error: 'channel is missing or not a channel', users: [] }],
    ['get-modes-for-user', { channel: '#eevee', nick: 'fox' }, { channel: '#eevee', nick: 'Fox', modes: ['o', 'v'], isChannelAdmin: true }],
    [
      'get-modes-for-user',
      { channel: '#eevee', nick: 'cat{1}' },
      { channel: '#eevee', nick: 'Cat[1]', modes: ['o'], isChannelAdmin: true },
    ],
    ['get-modes-for-user', { channel: '#eevee', nick: 'owl' }, { channel: '#eevee', nick: 'owl', modes: [], isChannelAdmin: false }],
    ['get-modes-for-user', { channel: '#eevee', nick: 'cat' }, { channel: '#eevee', nick: 'cat', error: 'cat is not in #eevee' }],
    ['dance', { channel: '#a' }, { error: 'unknown action "dance"' }],
    ['constructor', { channel: '#a' }, { error: 'unknown action "constructor"' }],
  ])('answers %s %j with %j', async (action, data, expected) => {
    expect(await answer(action, data)).toEqual(expected);
  });

  it('lists the users in a channel', async () => {
    expect(await answer('list-users-in-channel', { channel: '#eevee' })).toEqual({
      channel: '#eevee',
      users: [
        { nick: 'Fox', ident: '~fox', hostname: 'den', modes: ['o', 'v'], isChannelAdmin: true },
        { nick: 'owl', ident: 'owl', hostname: 'tree', modes: [], isChannelAdmin: false },
        { nick: 'Cat[1]', ident: 'cat', hostname: 'roof', modes: ['o'], isChannelAdmin: true },
      ],
      count: 3,
    });
  });

  it('warns when the server does not list all modes', async () => {
    const request = { action: 'get-modes-for-user', data: { channel: '#eevee', nick: 'owl' }, replyChannel: undefined };
    expect(await controlAnswer(request, connection([], false))).toMatchObject({ warning: 'the server lists only the highest mode' });
  });

  it('puts the reason of a kick on one line', async () => {
    const done: string[] = [];
    await answer('kick', { channel: '#a', nick: 'fox', reason: 'bad\r\nQUIT :x' }, done);
    expect(done).toEqual(['kick #a fox bad QUIT :x']);
  });
});

describe('readControl', () => {
  it.each([
    [
      '{"action":"part","data":{"channel":"#a","replyChannel":"r"}}',
      { action: 'part', data: { channel: '#a', replyChannel: 'r' }, replyChannel: 'r' },
    ],
    ['{"action":"part"}', { action: 'part', data: {}, replyChannel: undefined }],
    ['{"action":1}', undefined],
    ['nonsense', undefined],
  ])('reads %s', (json, request) => {
    expect(readControl(json)).toEqual(request);
  });
});

it('an answer that is too large for one message becomes an error', () => {
  const users = Array.from({ length: 10_000 }, (_, n) => ({ nick: `fox${n}`, ident: '~fox', hostname: 'den.example.org', modes: [] }));
  const list = { channel: '#eevee', users, count: users.length };
  expect(answerJson(list, 1_048_576)).toBe(JSON.stringify(list));
  const bytes = Buffer.byteLength(JSON.stringify(list));
  expect(JSON.parse(answerJson(list, 100_000))).toEqual({
    ...{ channel: '#eevee', users: [], count: 10_000 },
    error: `the answer has ${bytes} bytes, but NATS accepts at most 100000: raise max_payload of NATS`,
  });
});
