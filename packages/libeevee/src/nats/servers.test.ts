import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { natsServers, withoutCredentials } from './servers.ts';

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('NATS servers', () => {
  it('are parsed on Node.js 22.0 too, which has no URL.parse', () => {
    const { parse } = URL;
    Reflect.deleteProperty(URL, 'parse');
    try {
      expect(natsServers('nats:5222').hosts).toEqual(['nats:5222']);
      expect(() => natsServers('nats:port')).toThrow('it cannot be parsed');
    } finally {
      URL.parse = parse;
    }
  });

  it.each([
    ['nats', { hosts: ['nats:4222'], requiresTls: false }],
    ['nats:5222', { hosts: ['nats:5222'], requiresTls: false }],
    ['nats://nats:80', { hosts: ['nats:80'], requiresTls: false }],
    ['tls://nats.example.org/', { hosts: ['nats.example.org:4222'], requiresTls: true }],
    ['TLS://nats', { hosts: ['nats:4222'], requiresTls: true }],
    [' a , nats://b:1,tls://c', { hosts: ['a:4222', 'b:1', 'c:4222'], requiresTls: true }],
    ['127.0.0.1:4222', { hosts: ['127.0.0.1:4222'], requiresTls: false }],
    ['::1', { hosts: ['[::1]:4222'], requiresTls: false }],
    ['[::1]:5222', { hosts: ['[::1]:5222'], requiresTls: false }],
    ['nats://fox:p%40ss@nats', { hosts: ['nats:4222'], requiresTls: false, user: 'fox', password: 'p@ss' }],
    ['s3cret@nats:1', { hosts: ['nats:1'], requiresTls: false, token: 's3cret' }],
    ['tls://fox:pass@a,b', { hosts: ['a:4222', 'b:4222'], requiresTls: true, user: 'fox', password: 'pass' }],
  ])('are read from %j', (text, expected) => {
    expect(natsServers(text)).toEqual(expected);
  });

  it.each([
    ['nats://fox:hunter2,hunter3@nats:4222', '…,nats:4222'],
    ['a:4222,b,::1,[::1]:1,nats://fox:hunter2@c', 'a:4222,b,::1,[::1]:1,nats://c'],
    ['nats://fox:hunter2@a,nats://fox:hunter2@b', 'nats://a,nats://b'],
    ['fox:12,34@nats', '…,nats'],
    ['nats://fox:12,34,56@nats:4222,other', '…,…,nats:4222,other'],
  ])('are shown without credentials: %j', (text, shown) => expect(withoutCredentials(text)).toBe(shown));

  it.each([
    '',
    'a,',
    'two words',
    'ws://nats',
    'wss://nats',
    'http://nats:4222',
    'https://nats',
    'nats+tls://nats',
    'file:///etc/passwd',
    'nats://',
    'nats://host:99999',
    'nats://host/path',
    'tls://host?x=1',
    'nats://fox:hunter2@a,nats://owl:hunter3@b',
    'http://fox:hunter2@nats',
    'fox:hunter2@two words',
    'nats://fox:hunter2%@nats',
    'hunter2@a/b',
    'nats://fox:hunter2,hunter3@nats:4222',
    'fox:hunter2,hunter3@nats',
    'a:4222,tls://fox:hunter2,hunter3,hunter4@nats',
    'fox:12,hunter2@nats',
    'nats://fox:12,34,hunter2@nats:4222,other:4222',
  ])('are not read from %j, and no credentials are shown', (text) => {
    const error: unknown = thrownBy(() => natsServers(text));
    expect(error).toMatchObject({ code: 'EEVEE_NATS_HOST_INVALID' });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter');
  });
});
