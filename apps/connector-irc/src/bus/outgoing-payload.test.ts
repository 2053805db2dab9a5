import { expect, it } from 'vitest';
import { readOutgoing } from './outgoing-payload.ts';

it.each([
  ['message', { channel: '#a', text: 'hi' }, { outgoing: { kind: 'message', target: '#a', text: 'hi' } }],
  ['notice', { channel: '#a', text: 'hi' }, { outgoing: { kind: 'notice', target: '#a', text: 'hi' } }],
  ['notice', { target: 'fox', text: 'hi' }, { outgoing: { kind: 'notice', target: 'fox', text: 'hi' } }],
  ['message', { target: 'fox', text: 'hi' }, { problem: 'no_channel' }],
  ['message', { text: 'hi' }, { problem: 'no_channel' }],
  ['message', { channel: '', text: 'hi' }, { problem: 'no_channel' }],
  ['message', { channel: '#a\r\nQUIT', text: 'hi' }, { problem: 'no_channel' }],
  ['message', { channel: '#a,#b', text: 'hi' }, { problem: 'no_channel' }],
  ['message', { channel: '#a' }, { problem: 'no_text' }],
  ['message', { channel: '#a', text: { toString: 1 } }, { problem: 'no_text' }],
  ['message', [], { problem: 'not_json' }],
] as const)('reads a %s %j as %j', (kind, payload, read) => {
  expect(readOutgoing(kind, JSON.stringify(payload))).toEqual(read);
});

it('rejects a payload that is not JSON', () => {
  expect(readOutgoing('message', '{')).toEqual({ problem: 'not_json' });
});
