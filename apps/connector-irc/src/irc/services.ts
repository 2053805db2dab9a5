/** Nicks of network services, whose messages are not from users. */
const SERVICES: ReadonlySet<string> = new Set([
  'nickserv',
  'chanserv',
  'memoserv',
  'operserv',
  'hostserv',
  'botserv',
  'saslserv',
  'infoserv',
  'statserv',
  'helpserv',
  'groupserv',
  'global',
]);

/** Whether a message comes from a service of the network. */
export function isService(nick: string, ownService: string | undefined): boolean {
  const lower = nick.toLowerCase();
  return SERVICES.has(lower) || lower === ownService?.toLowerCase();
}
