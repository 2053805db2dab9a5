/**
 * The answer to a CTCP request, without its delimiters; undefined for one that is not answered.
 *
 * @example
 * ctcpAnswer('PING', '12345', ''); // 'PING 12345'
 */
export function ctcpAnswer(type: string, argument: string, version: string): string | undefined {
  switch (type) {
    case 'VERSION':
      return `VERSION ${version}`;
    case 'PING':
      return `PING ${argument.slice(0, 100)}`;
    case 'CLIENTINFO':
      return 'CLIENTINFO ACTION CLIENTINFO PING VERSION';
    default:
      return undefined;
  }
}
