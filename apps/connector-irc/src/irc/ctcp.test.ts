import { expect, it } from 'vitest';
import { CtcpAnswers, ctcpAnswer } from './ctcp.ts';

it.each([
  ['VERSION', '', 'VERSION eevee 1'],
  ['PING', '12345', 'PING 12345'],
  ['PING', 'x'.repeat(500), `PING ${'x'.repeat(100)}`],
  ['CLIENTINFO', '', 'CLIENTINFO ACTION CLIENTINFO PING VERSION'],
  ['DCC', 'SEND x', undefined],
])('answers %s', (type, argument, answer) => {
  expect(ctcpAnswer(type, argument, 'eevee 1')).toBe(answer);
});

it('answers one request a second', () => {
  let nowMs = 0;
  const answers = new CtcpAnswers({ now: () => nowMs, wallNow: () => nowMs, after: () => () => undefined });
  const ask = (): string | undefined => answers.line({ nick: 'fox', type: 'PING', argument: '1' }, '');
  expect([ask(), ask()]).toEqual(['NOTICE fox :\u0001PING 1\u0001', undefined]);
  nowMs = 1_000;
  expect(ask()).toBeDefined();
});
