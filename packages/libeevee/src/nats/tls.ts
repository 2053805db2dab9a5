import { existsSync } from 'node:fs';
import { defined } from '@eeveebot/contract';
import type { ConnectionOptions, TlsOptions } from 'nats';

/** How server and client authenticate themselves. Files are read at each connection attempt. */
export interface NatsTls {
  /** PEM certificates to verify the server's certificate with, instead of the public authorities. If set, TLS is required. */
  readonly ca?: string | undefined;
  /**
   * File with such certificates. If set, TLS is required, even if the file does not exist: the certificate is then verified with the public
   * authorities. Default: `NATS_CA_FILE`.
   */
  readonly caFile?: string | undefined;
  /** File with the client certificate, PEM. If set, TLS is required. */
  readonly certFile?: string | undefined;
  /** File with the key of that certificate, PEM. */
  readonly keyFile?: string | undefined;
  /** Name that the server's certificate must have, if it is not the host that is connected to, for example behind a port forward. */
  readonly tlsServerName?: string | undefined;
}

/**
 * TLS options of a connection: TLS is required for a `tls://` host, and if a CA or client certificate is set. Otherwise it is used when
 * the server offers it.
 *
 * @param requiresTls whether the host requires it.
 */
export function tlsOptions(
  requiresTls: boolean,
  { ca, caFile, certFile, keyFile, tlsServerName }: NatsTls,
): Pick<ConnectionOptions, 'tls'> {
  const hasCaFile = caFile !== undefined && caFile !== '';
  const tls: TlsOptions = {
    ...(hasCaFile && existsSync(caFile) ? { caFile } : {}),
    ...(ca === undefined || ca === '' ? {} : { ca }),
    ...defined({ certFile, keyFile }),
  };
  if (!requiresTls && !hasCaFile && Object.keys(tls).length === 0) return {};
  // The `nats` package passes on the option of Node.js, which its type does not have.
  return { tls: tlsServerName === undefined ? tls : Object.assign(tls, { servername: tlsServerName }) };
}
