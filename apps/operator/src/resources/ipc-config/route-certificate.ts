import { X509Certificate } from 'node:crypto';

/** Object identifiers of extended key usages (RFC 5280, 4.2.1.12). */
const USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;

/**
 * Whether the servers of a cluster can identify themselves to each other with one certificate: it must be valid for the host name of each of
 * them, and for clients, because the server that opens a route is the client of the other. NATS always verifies both sides of a route.
 *
 * @param pem the certificate, followed by those of intermediate authorities.
 * @see https://docs.nats.io/running-a-nats-service/configuration/clustering/cluster_tls
 */
export function identifiesServers(pem: string, hosts: readonly string[]): boolean {
  const certificate = parsedCertificate(pem);
  if (certificate === undefined) return false;
  // Node's type does not say that the extension may be missing: then every usage is allowed.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  const isForBoth = usages === undefined || (usages.includes(USAGE.server) && usages.includes(USAGE.client));
  return isForBoth && hosts.every((host) => certificate.checkHost(host) !== undefined);
}

function parsedCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // NATS reports it when it starts; until then, nothing is known about the certificate.
    return undefined;
  }
}
