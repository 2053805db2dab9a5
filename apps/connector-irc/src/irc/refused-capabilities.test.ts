import { describe, expect, it } from 'vitest';
import { Scripted } from '../../test/scripted-session.ts';

it('logs in when the server acknowledges its capabilities in several lines', async () => {
  const scripted = new Scripted({ sasl: { mechanism: 'PLAIN', account: 'eevee', password: 'p' } });
  await scripted.sends(':irc.test CAP * LS :sasl=PLAIN,SCRAM-SHA-256 account-tag multi-prefix');
  await expect.poll(() => scripted.sent).toContain('CAP REQ');
  await scripted.sends(':irc.test CAP * ACK * :account-tag', ':irc.test CAP * ACK :multi-prefix sasl');
  await expect.poll(() => scripted.sent).toContain('AUTHENTICATE PLAIN\r\n');
  await scripted.sends('AUTHENTICATE +', ':irc.test 900 * eevee eevee :You are now logged in', ':irc.test 903 * :SASL successful');
  await scripted.lets();
  expect([scripted.ends, scripted.session.listsAllModes, scripted.sent.match(/AUTHENTICATE PLAIN/g)?.length]).toEqual([[], true, 1]);
});

describe('a server that refuses a request for capabilities', () => {
  const offer = ':irc.test CAP * LS :sasl=PLAIN account-tag server-time batch multi-prefix away-notify';
  // Cut, as some servers do.
  const refusal = ':irc.test CAP * NAK :sasl account-tag serv';

  it('is asked again for those that are used, once it has let the bot in', async () => {
    const scripted = new Scripted();
    await scripted.sends(offer, refusal);
    await expect.poll(() => scripted.sent).toContain('CAP END\r\n');
    await scripted.lets();
    for (const name of ['account-tag', 'server-time', 'multi-prefix']) {
      await expect.poll(() => scripted.sent).toContain(`CAP REQ :${name}\r\n`);
      await scripted.sends(`:irc.test CAP eevee ${name === 'server-time' ? 'NAK' : 'ACK'} :${name}`);
    }
    expect(scripted.session.listsAllModes).toBe(true);
    expect(scripted.sent).not.toContain('CAP REQ :away-notify');
    expect(scripted.sent.match(/CAP END/g)).toHaveLength(1);
  });

  it('still lets the bot log in', async () => {
    const scripted = new Scripted({ sasl: { mechanism: 'PLAIN', account: 'eevee', password: 'p' } });
    await scripted.sends(offer, refusal);
    await expect.poll(() => scripted.sent).toContain('CAP REQ :sasl\r\n');
    expect(scripted.sent).not.toContain('CAP END');
    await scripted.sends(':irc.test CAP * ACK :sasl');
    await expect.poll(() => scripted.sent).toContain('AUTHENTICATE PLAIN\r\n');
    await scripted.sends('AUTHENTICATE +', ':irc.test 900 * eevee eevee :You are now logged in', ':irc.test 903 * :SASL successful');
    await expect.poll(() => scripted.sent).toContain('CAP END\r\n');
    await scripted.lets();
    expect(scripted.ends).toEqual([]);
  });

  it('that refuses the login too is left, with the reason', async () => {
    const scripted = new Scripted({ sasl: { mechanism: 'PLAIN', account: 'eevee', password: 'p' } });
    await scripted.sends(offer, refusal, ':irc.test CAP * NAK :sasl');
    await expect.poll(() => scripted.sent).toContain('CAP END\r\n');
    scripted.writes(':irc.test 001 eevee :Welcome');
    await expect.poll(() => scripted.ends).toEqual([{ kind: 'denied', reason: 'SASL: the server accepted the connection without it' }]);
  });
});

it('takes capabilities that come over several lines, later, or not at all', async () => {
  const scripted = new Scripted();
  await scripted.sends(':irc.test CAP * LS * :multi-prefix', ':irc.test CAP * LS :server-time');
  await expect.poll(() => scripted.sent).toMatch(/CAP REQ :(?:multi-prefix server-time|server-time multi-prefix)\r\n/);
  await scripted.sends(':irc.test CAP * ACK :multi-prefix server-time');
  await expect.poll(() => scripted.sent).toContain('CAP END');
  await scripted.lets();
  await scripted.sends(':irc.test CAP eevee DEL :multi-prefix');
  expect(scripted.session.listsAllModes).toBe(false);
  await scripted.sends(':irc.test CAP eevee NEW :multi-prefix sasl=PLAIN', ':irc.test CAP eevee ACK :multi-prefix');
  expect(scripted.session.listsAllModes).toBe(true);
  const requests = (): readonly string[] => scripted.sent.match(/CAP REQ.*/g)?.slice(1) ?? [];
  expect(requests()).toEqual(['CAP REQ :multi-prefix']);
  await scripted.sends(
    ':irc.test CAP eevee NEW :sasl=PLAIN draft/unknown away-notify',
    ':irc.test CAP eevee NEW :',
    ':irc.test CAP eevee NEW',
    ':irc.test CAP eevee NEW :server-time account-tag',
    ':irc.test CAP eevee NEW :account-tag',
    ':irc.test CAP eevee NAK :account-tag',
    ':irc.test CAP eevee NEW :account-tag=x',
  );
  expect(requests()).toEqual(['CAP REQ :multi-prefix', 'CAP REQ :account-tag', 'CAP REQ :account-tag']);
  const without = new Scripted();
  await without.sends(':irc.test 421 * CAP :Unknown command');
  await without.lets();
  expect(without.session.registered).toBe(true);
});
