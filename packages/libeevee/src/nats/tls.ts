import { existsSync } from 'node:fs';
import type { ConnectionOptions } from 'nats';

/**
 * TLS of a connection: required for a host with `tls://`, and where there is a file with the certificates of an authority. Otherwise
 * TLS is used when the server offers it.
 *
 * @param hosts separated by commas.
 * @param caFile read again at each connection attempt. A missing file leaves the public authorities.
 */
export function tlsOptions(hosts: string, caFile: string | undefined): Pick<ConnectionOptions, 'tls'> {
  if (caFile !== undefined && caFile !== '' && existsSync(caFile)) return { tls: { caFile } };
  return hosts.split(',').some((host) => host.trim().startsWith('tls://')) ? { tls: {} } : {};
}
