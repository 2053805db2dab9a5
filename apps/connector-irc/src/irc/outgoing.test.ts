import { describe, expect, it } from 'vitest';
import { isTarget, outgoingLines } from './outgoing.ts';

const given = { prefix: 'eevee!~bot@host.example' };

describe('outgoingLines', () => {
  it.each([
    [{ kind: 'message', text: 'hello' }, ['PRIVMSG #a :hello']],
    [{ kind: 'notice', text: 'hello' }, ['NOTICE #a :hello']],
    [{ kind: 'action', text: 'waves' }, ['PRIVMSG #a :\u0001ACTION waves\u0001']],
    [{ kind: 'message', text: 'one\ntwo' }, ['PRIVMSG #a :one', 'PRIVMSG #a :two']],
    [{ kind: 'message', text: 'x\r\nQUIT :gone' }, ['PRIVMSG #a :x', 'PRIVMSG #a :QUIT :gone']],
    [{ kind: 'message', text: '\u0001VERSION\u0001' }, ['PRIVMSG #a :VERSION']],
    [{ kind: 'message', text: ' \r\n' }, []],
  ] as const)('sends %j as %j', (outgoing, lines) => {
    expect(outgoingLines({ target: '#a', ...outgoing }, given)).toEqual(lines);
  });

  it('keeps each line within 512 bytes with the prefix that the server adds', () => {
    for (const kind of ['message', 'action', 'notice'] as const) {
      const lines = outgoingLines({ kind, target: '#eevee', text: '🦊wört '.repeat(300) }, given);
      for (const line of lines) expect(Buffer.byteLength(`:${given.prefix} ${line}\r\n`)).toBeLessThanOrEqual(512);
      expect(lines.length).toBeLessThan(10);
    }
  });
});

it.each([
  ['#eevee', true],
  ['fox', true],
  ['#ünïcode', true],
  ['', false],
  ['#a b', false],
  ['#a,#b', false],
  [':fox', false],
  ['#a\r\nQUIT', false],
  ['#a\u0007', false],
  ['x'.repeat(250), true],
  ['x'.repeat(251), false],
  ['ü'.repeat(126), false],
  [undefined, false],
  [{}, false],
])('detects whether %j is one target: %s', (target, is) => {
  expect(isTarget(target)).toBe(is);
});
