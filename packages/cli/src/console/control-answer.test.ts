import { expect, it } from 'vitest';
import { controlAnswer } from './control-answer.ts';

const here = (isOp: boolean) => ({ person: { nick: 'fox', channel: '#den', account: undefined, isOp }, botNick: 'eevee' });

it('lists the user and the bot', () => {
  const { answer, replyTo } = controlAnswer(
    { action: 'list-users-in-channel', data: { channel: '#den', replyChannel: 'r.1' } },
    here(true),
  );
  expect(replyTo).toBe('r.1');
  expect(answer).toMatchObject({
    channel: '#den',
    count: 2,
    users: [
      { nick: 'fox', ident: '~fox', isChannelAdmin: true },
      { nick: 'eevee', isChannelAdmin: false },
    ],
  });
});

it.each([true, false])('reports whether the user is an administrator: %j', (isOp) => {
  const request = { action: 'get-modes-for-user', data: { channel: '#den', nick: 'Fox' } };
  expect(controlAnswer(request, here(isOp)).answer).toMatchObject({ nick: 'fox', isChannelAdmin: isOp });
});

it('reports other users as absent', () => {
  const request = { action: 'get-modes-for-user', data: { channel: '#den', nick: 'owl' } };
  expect(controlAnswer(request, here(false)).answer).toEqual({ channel: '#den', nick: 'owl', error: 'owl is not in #den' });
});

it.each([
  [{ action: 'join', data: { channel: '#a' } }, '* eevee joins #a'],
  [{ action: 'part', data: { channel: '#a' } }, '* eevee leaves #a'],
  [{ action: 'kick', data: { channel: '#a', nick: 'owl', reason: 'noise' } }, '* eevee kicks owl from #a (noise)'],
])('shows requests of the bot: %j', (request, shown) => {
  expect(controlAnswer(request, here(false)).shown).toBe(shown);
});

it.each([undefined, 'text', {}, { action: 'dance' }])('answers a bad request with an error: %j', (request) => {
  expect(controlAnswer(request, here(false)).answer).toMatchObject({ error: expect.stringContaining('unknown action') });
});
