/** Nicks of the services of networks, whose messages are none of people. */
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
