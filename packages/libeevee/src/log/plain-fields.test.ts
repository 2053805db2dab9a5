import { describe, expect, it } from 'vitest';
import { writableFields } from './fields.ts';
import { plainJson } from './plain-fields.ts';

const throwing = {
  get channel(): string {
    throw new Error('unreadable');
  },
};

describe('plain fields of a line', () => {
  it.each([
    {},
    { producer: 'echo', platform: 'irc', channel: '#eevee', ms: 3, again: true },
    { nothing: null, missing: undefined, odd: Number.NaN, quoted: '"\u001b\n' },
  ])('are written as other fields are: %j', (fields) => {
    expect(plainJson(fields)).toBe(JSON.stringify(writableFields(fields, { showSaid: false })));
  });

  it.each<[what: string, fields: unknown]>([
    ['a secret', { password: 'word' }],
    ['chat text', { text: 'hello' }],
    ['a name of the line itself', { level: 'low' }],
    ['credentials in a URL', { url: 'nats://me:word@nats' }],
    ['an object', { place: {} }],
    ['an error', new Error('no')],
    ['a function', { of: () => 1 }],
    ['a large integer', { count: 1n }],
    ['its own JSON', Object.create({ toJSON: () => 'other' })],
    ['a property that throws', throwing],
    ['a revoked Proxy', (({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable({}, {}))],
    ['a field named __proto__', JSON.parse('{"__proto__":"x"}')],
    ['no object', 'text'],
    ['nothing', undefined],
  ])('are not those with %s', (_what, fields) => {
    expect(plainJson(fields)).toBeUndefined();
  });
});
