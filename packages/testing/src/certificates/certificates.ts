import { createPrivateKey, generateKeyPairSync, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type * as X509Library from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads them as groups. */
  readonly organizations?: readonly string[];
  /** Names and addresses that a server is reached under. */
  readonly hosts?: readonly string[];
  /** Allowed uses: both by default. An empty list leaves the extension out, which allows every use. */
  readonly purposes?: readonly Purpose[];
  /** Whether it expired an hour ago. */
  readonly isExpired?: boolean;
  /** Length of an RSA key, instead of one on P-256. */
  readonly rsaBits?: number;
}

type Purpose = 'server' | 'client';

/** A certificate authority of one test, valid from yesterday for a month. */
export interface CertificateAuthority extends Identity {
  /** A certificate for servers and clients, unless the request specifies otherwise. */
  issue(request: CertificateRequest): Promise<Identity>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Makes a certificate authority: keys are P-256, signatures ECDSA with SHA-256.
 *
 * @example
 * const authority = await certificateAuthority('test');
 * const { certificate, key } = await authority.issue({ commonName: 'admin', organizations: ['system:masters'] });
 */
export async function certificateAuthority(commonName: string): Promise<CertificateAuthority> {
  const x509 = await loadX509();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName({ commonName }),
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    key: await keyPem(keys.privateKey),
    async issue(request) {
      const own = await newKeys(request.rsaBits);
      const issued = await x509.X509CertificateGenerator.create({
        issuer: certificate.subject,
        subject: distinguishedName(request),
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(request.isExpired === true ? Date.now() - HOUR_MS : undefined),
        extensions: [...extendedKeyUsages(request, x509), ...alternativeNames(request, x509)],
      });
      return { certificate: issued.toString('pem'), key: await keyPem(own.privateKey) };
    },
  };
}

/** A key that signs and verifies service account tokens, in SEC 1, the form from which the API server can derive the public key. */
export function tokenSigningKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
}

type X509 = typeof X509Library;

/** Loads the library only for tests that need certificates; it requires the polyfill. */
async function loadX509(): Promise<X509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function newKeys(rsaBits?: number): Promise<webcrypto.CryptoKeyPair> {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: rsaBits ?? 0 };
  return crypto.subtle.generateKey(rsaBits === undefined ? ALGORITHM : rsa, true, ['sign', 'verify']);
}

function distinguishedName({ commonName, organizations = [] }: CertificateRequest): { readonly [attribute: string]: string[] }[] {
  return [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
}

function validity(untilMs = Date.now() + 30 * DAY_MS): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(untilMs) };
}

function extendedKeyUsages(
  { purposes = ['server', 'client'] }: CertificateRequest,
  x509: X509,
): readonly InstanceType<X509['ExtendedKeyUsageExtension']>[] {
  const usage = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };
  return purposes.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(purposes.map((purpose) => usage[purpose]))];
}

function alternativeNames(
  { hosts = [] }: CertificateRequest,
  x509: X509,
): readonly InstanceType<X509['SubjectAlternativeNameExtension']>[] {
  if (hosts.length === 0) return [];
  return [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })))];
}

/** The API server and NATS read PKCS #8. */
async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' });
}
