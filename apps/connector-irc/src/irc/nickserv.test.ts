import { expect, it } from 'vitest';
import { ManualClock } from '../../test/manual-clock.ts';
import type { ConnectionSettings } from '../config/parse.ts';
import { NickServ, type NickServDeps } from './nickserv.ts';

function identifying(nick: string): { readonly nickserv: NickServ; answered: boolean } {
  const settings = { name: 'main', ident: { nick: 'eevee' }, nickserv: { nick, password: 'secret', ghost: true } };
  const deps: Pick<NickServDeps, 'clock' | 'command' | 'readSecret' | 'settings'> = {
    clock: new ManualClock(),
    command: () => undefined,
    readSecret: () => 'secret',
    settings: () => settings as unknown as ConnectionSettings,
  };
  const state = { nickserv: new NickServ(deps as NickServDeps), answered: false };
  state.nickserv.identify(true, () => (state.answered = true));
  return state;
}

it.each(['Global', 'ChanServ', 'fox', ''])('does not treat the notice "%s" as the answer of NickServ', (nick) => {
  const state = identifying('NickServ');
  state.nickserv.noticed(nick, 'Welcome to the network');
  expect(state.answered).toBe(false);
  state.nickserv.noticed('nickserv', 'You are now logged in');
  expect(state.answered).toBe(true);
});

it('recognizes the answer of a service whose address includes its server', () => {
  const state = identifying('NickServ@services.example.org');
  state.nickserv.noticed('NickServ', 'You are now logged in');
  expect(state.answered).toBe(true);
});
