import { describe, expect, it } from 'vitest';
import { SessionEnding } from './session-ending.ts';
import { MAY_NEED_TLS } from './tls-hint.ts';

const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
const closed = 'the server closed the connection';

describe('SessionEnding', () => {
  it.each([
    ['closes the connection', undefined, closed],
    ['resets the connection', reset, 'read ECONNRESET'],
  ])('has the fix for a port that requires TLS, whose server %s', (_what, error, reason) => {
    const ending = new SessionEnding({ isTls: false });
    ending.opened();
    // An alert of TLS whose last byte ends a line.
    ending.heard('\u0015\u0003\u0003\u0000\u0002\u0002', undefined);
    expect(ending.closed(error)).toEqual({ kind: 'lost', reason, hint: MAY_NEED_TLS });
  });

  it('has no fix when the connection uses TLS, was not opened, or the server has sent a line', () => {
    const secure = new SessionEnding({ isTls: true });
    secure.opened();
    const refused = new SessionEnding({ isTls: false });
    const talking = new SessionEnding({ isTls: false });
    talking.opened();
    talking.heard(':irc.test NOTICE * :hello', undefined);
    for (const ending of [secure, refused, talking]) expect(ending.closed(undefined)).toEqual({ kind: 'lost', reason: closed });
  });

  it('prefers the words of the server', () => {
    const ending = new SessionEnding({ isTls: false });
    ending.opened();
    ending.errorHeard({ error: 'irc', reason: 'Closing link: (bot@host) [K-lined: no bots]' });
    ending.errorHeard({ error: 'irc', reason: 'Closing link' });
    expect(ending.closed(reset)).toEqual({ kind: 'banned', reason: 'Closing link: (bot@host) [K-lined: no bots]' });
  });
});
