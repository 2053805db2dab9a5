import { type IrcPerson, type IrcServer, startIrcServer } from '@eeveebot/testing';
import { afterEach, beforeEach } from 'vitest';
import { inEevee } from './world.ts';

/** Starts an IRC server for each test of the surrounding `describe`, with the user `fox` in `#eevee`. */
export function useFox(server: 'ngircd' | 'inspircd'): { readonly irc: IrcServer; readonly fox: IrcPerson } {
  let irc: IrcServer;
  let fox: IrcPerson;
  beforeEach(async () => {
    irc = await startIrcServer({ server });
    fox = await inEevee(irc, 'fox');
  });
  afterEach(async () => {
    await fox[Symbol.asyncDispose]();
    await irc.stop();
  });
  return {
    get irc() {
      return irc;
    },
    get fox() {
      return fox;
    },
  };
}
