import { ircColors } from '@eeveebot/libeevee';
import { expect, it } from 'vitest';
import { type Heard, saidLine, shownLine } from './shown-line.ts';

const READER = { nick: 'fox', channel: '#den', botNick: 'eevee', isColoured: false };

it.each<[Heard, string]>([
  [{ kind: 'message', channel: '#den', text: 'hello' }, '<eevee> hello'],
  [{ kind: 'action', channel: '#den', text: 'waves' }, '* eevee waves'],
  [{ kind: 'notice', target: 'fox', text: 'not so fast' }, '-eevee- not so fast'],
  [{ kind: 'notice', channel: '#den', text: 'all' }, '-eevee- all'],
  [{ kind: 'message', channel: '#other', text: 'hello' }, '[#other] <eevee> hello'],
  [{ kind: 'message', channel: 'fox', text: 'hello' }, '[private] <eevee> hello'],
  [{ kind: 'notice', target: 'owl', text: 'psst' }, '[to owl] -eevee- psst'],
  [{ kind: 'message', channel: '#den', text: ircColors.red.bold('red\u001B[2J') }, String.raw`<eevee> red\x1b[2J`],
])('shows %j as %s', (heard, expected) => {
  expect(shownLine(heard, READER)).toBe(expected);
});

it('shows formatting on a terminal with colours', () => {
  expect(shownLine({ kind: 'message', channel: '#den', text: ircColors.bold('hi') }, { ...READER, isColoured: true })).toContain(
    '\u001B[1mhi',
  );
});

it('shows the lines of a script', () => {
  expect([saidLine('hi', 'fox', {}), saidLine('waves', 'fox', { action: true }), saidLine('hi', 'fox', { private: true })]).toEqual([
    '<fox> hi',
    '* fox waves',
    '[private] <fox> hi',
  ]);
});
