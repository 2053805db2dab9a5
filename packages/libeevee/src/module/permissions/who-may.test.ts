import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';
import type { Allow, Caller } from './types.ts';
import { permissionOf, refusalOf } from './who-may.ts';

const caller: Caller = {
  platform: 'irc',
  instance: 'main',
  channel: '#den',
  nick: 'Fox[away]',
  account: 'Fox~1',
  userHost: 'den.Example.org',
  isPrivate: false,
};

describe('permissionOf', () => {
  it.each([
    [{ accounts: ['owl', 'FOX~1'] }, {}, 'allowed'],
    [{ accounts: ['FOX^1'] }, {}, 'refused'],
    [{ accounts: ['kit'] }, { account: '\u212Ait' }, 'refused'],
    [{ accounts: ['owl'] }, {}, 'refused'],
    [{ accounts: ['fox~1'] }, { account: undefined }, 'refused'],
    [{ accounts: [''] }, { account: undefined }, 'refused'],
    [{ hosts: ['*.example.ORG'] }, {}, 'allowed'],
    [{ hosts: ['example.org'] }, {}, 'refused'],
    [{ hosts: ['*'] }, { userHost: '' }, 'refused'],
    [{ nicks: ['fox[AWAY]'] }, {}, 'allowed'],
    [{ nicks: ['fox{AWAY}'] }, {}, 'refused'],
    [{ nicks: ['fox'] }, {}, 'refused'],
    [{ channelAdmin: true }, {}, 'ask'],
    [{ channelAdmin: true }, { isPrivate: true }, 'refused'],
    [{ channelAdmin: true, nicks: ['fox[away]'] }, { isPrivate: true }, 'allowed'],
    [{ channelAdmin: true, accounts: ['owl'] }, {}, 'ask'],
    [{ channelAdmin: false, accounts: ['owl'] }, {}, 'refused'],
    [{}, {}, 'refused'],
  ] satisfies [Allow, Partial<Caller>, string][])('of %j for %j is %s', (allow, fields, permission) => {
    expect(permissionOf(allow, { ...caller, ...fields })).toBe(permission);
  });
});

describe('refusalOf', () => {
  it.each([
    [{ channelAdmin: true }, {}, 'ban is only for channel admins'],
    [{ channelAdmin: true }, { isPrivate: true }, 'ban is only for channel admins: call it in the channel'],
    [{ channelAdmin: true, accounts: ['a'], hosts: ['b'] }, {}, 'ban is only for channel admins, some accounts and some hosts'],
    [{ accounts: ['a'], nicks: ['c'] }, { account: undefined }, 'ban is only for some accounts and some nicks: you are not logged in'],
    [{ accounts: [] }, {}, 'ban is switched off'],
  ] satisfies [Allow, Partial<Caller>, string][])('of %j for %j is: %s', (allow, fields, text) => {
    expect(refusalOf('ban', allow, { ...caller, ...fields })).toBe(text);
  });
});

describe('matchesGlob', () => {
  it.each([
    ['*.example.org', 'a.b.example.org', true],
    ['*.example.org', 'example.org', false],
    ['host-?.net', 'HOST-1.net', true],
    ['host-?.net', 'host-12.net', false],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXbXbX', false],
    ['[a].+', '[A].+', true],
    ['**a**', 'bab', true],
  ])('%j on %j: %s', (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches);
  });

  it('does not take exponential time', () => {
    expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});
