import { asciiFolded } from '../../irc/case-mapping.ts';
import { matchesGlob } from './glob.ts';
import type { Allow, Caller } from './types.ts';

/** A missing or empty name is in no list. */
const includesFolded = (names: readonly string[] | undefined, name: string | undefined): boolean =>
  name !== undefined && name !== '' && names?.some((each) => asciiFolded(each) === asciiFolded(name)) === true;

/**
 * Whether a caller may call a command; `ask` if that depends on whether the caller is a channel admin.
 *
 * @example
 * permissionOf({ accounts: ['fox'] }, { ...caller, account: 'Fox' }); // 'allowed'
 */
export function permissionOf(allow: Allow, { account, userHost, nick, isPrivate }: Caller): 'allowed' | 'refused' | 'ask' {
  const isListed =
    includesFolded(allow.accounts, account) ||
    includesFolded(allow.nicks, nick) ||
    (userHost !== '' && allow.hosts?.some((host) => matchesGlob(host, userHost)) === true);
  if (isListed) return 'allowed';
  // A private message belongs to no channel.
  return allow.channelAdmin === true && !isPrivate ? 'ask' : 'refused';
}

/** Kinds of user in a refusal: lists of them may be confidential. */
function admitted({ channelAdmin, accounts, hosts, nicks }: Allow): string {
  const kinds = [
    ...(channelAdmin === true ? ['channel admins'] : []),
    ...(accounts !== undefined && accounts.length > 0 ? ['some accounts'] : []),
    ...(hosts !== undefined && hosts.length > 0 ? ['some hosts'] : []),
    ...(nicks !== undefined && nicks.length > 0 ? ['some nicks'] : []),
  ];
  const last = kinds.pop();
  return last === undefined ? 'switched off' : `only for ${kinds.length === 0 ? last : `${kinds.join(', ')} and ${last}`}`;
}

/**
 * The notice to a caller who is refused.
 *
 * @example
 * refusalOf('ban', { channelAdmin: true }, caller); // 'ban is only for channel admins'
 */
export function refusalOf(command: string, allow: Allow, { isPrivate, account }: Pick<Caller, 'isPrivate' | 'account'>): string {
  const hints = [
    ...(allow.channelAdmin === true && isPrivate ? ['call it in the channel'] : []),
    ...((allow.accounts ?? []).length > 0 && account === undefined ? ['you are not logged in'] : []),
  ];
  return `${command} is ${admitted(allow)}${hints.length === 0 ? '' : `: ${hints.join(', ')}`}`;
}
