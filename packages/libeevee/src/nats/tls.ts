import { existsSync } from 'node:fs';
import type { ConnectionOptions, TlsOptions } from 'nats';

/** How a server proves who it is, and a client. Files are read at each connection attempt. */
export interface NatsTls {
  /** PEM certificates that the server's certificate is checked against, instead of the public authorities. TLS is required then. */
  readonly ca?: string | undefined;
  /** File with such certificates. TLS is required when it exists. Default: `NATS_CA_FILE`. */
  readonly caFile?: string | undefined;
  /** File with the client's own certificate, PEM. TLS is required then. */
  readonly certFile?: string | undefined;
  /** File with the key of that certificate, PEM. */
  readonly keyFile?: string | undefined;
}

/**
 * TLS of a connection: required for a host with `tls://`, and where there are certificates of an authority or of the client. Otherwise
 * TLS is used when the server offers it.
 *
 * @param requiresTls whether the host asks for it.
 */
export function tlsOptions(requiresTls: boolean, { ca, caFile, certFile, keyFile }: NatsTls): Pick<ConnectionOptions, 'tls'> {
  const tls: TlsOptions = {
    ...(caFile !== undefined && caFile !== '' && existsSync(caFile) ? { caFile } : {}),
    ...(ca === undefined || ca === '' ? {} : { ca }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
  return requiresTls || Object.keys(tls).length > 0 ? { tls } : {};
}
