import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

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
}

/** A certificate authority of one test's own, valid from yesterday for a month. */
export interface CertificateAuthority {
  readonly certificate: string;
  readonly key: string;
  /** A certificate that is good for a server and for a client. */
  issue(request: CertificateRequest): Identity;
}

/**
 * Makes a certificate authority in about a millisecond, without openssl: Node can sign, but has no X.509 of its own to issue.
 * The encoding is that of RFC 5280, keys are P-256, signatures ECDSA with SHA-256.
 *
 * @example
 * const authority = certificateAuthority('test');
 * const { certificate, key } = authority.issue({ commonName: 'admin', organizations: ['system:masters'] });
 */
export function certificateAuthority(commonName: string): CertificateAuthority {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = distinguishedName({ commonName });
  const certificate = certificatePem({
    issuer,
    subject: issuer,
    subjectKey: privateKey,
    issuerKey: privateKey,
    extensions: authorityExtensions(),
  });
  return {
    certificate,
    key: keyPem(privateKey),
    issue(request) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        certificate: certificatePem({
          issuer,
          subject: distinguishedName(request),
          subjectKey: pair.privateKey,
          issuerKey: privateKey,
          extensions: leafExtensions(request.hosts ?? []),
        }),
        key: keyPem(pair.privateKey),
      };
    },
  };
}

/** A key that signs and verifies service account tokens: SEC 1 is the form that the API server can take the public half from. */
export function tokenSigningKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' });
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  organization: [0x55, 0x04, 0x0a],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  basicConstraints: [0x55, 0x1d, 0x13],
  keyUsage: [0x55, 0x1d, 0x0f],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  subjectAlternativeName: [0x55, 0x1d, 0x11],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
  clientAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02],
} as const;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  time: 0x17,
} as const;

interface CertificateParts {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly subjectKey: KeyObject;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certificatePem({ issuer, subject, subjectKey, issuerKey, extensions }: CertificateParts): string {
  const algorithm = der(TAG.sequence, der(TAG.oid, Buffer.from(OID.ecdsaWithSha256)));
  const dayMs = 86_400_000;
  const body = der(
    TAG.sequence,
    der(0xa0, der(TAG.integer, Buffer.from([2]))), // version 3
    der(TAG.integer, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])), // a positive serial number
    algorithm,
    issuer,
    der(TAG.sequence, utcTime(Date.now() - dayMs), utcTime(Date.now() + 30 * dayMs)),
    subject,
    createPublicKey(subjectKey).export({ type: 'spki', format: 'der' }),
    der(0xa3, der(TAG.sequence, ...extensions)),
  );
  const signature = der(TAG.bits, Buffer.from([0]), sign('sha256', body, issuerKey));
  const lines =
    der(TAG.sequence, body, algorithm, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function distinguishedName({ commonName, organizations = [] }: CertificateRequest): Buffer {
  const attribute = (oid: readonly number[], value: string) =>
    der(TAG.set, der(TAG.sequence, der(TAG.oid, Buffer.from(oid)), der(TAG.utf8, Buffer.from(value))));
  return der(TAG.sequence, ...organizations.map((each) => attribute(OID.organization, each)), attribute(OID.commonName, commonName));
}

function authorityExtensions(): Buffer[] {
  return [
    extension(OID.basicConstraints, der(TAG.sequence, der(TAG.boolean, Buffer.from([0xff])))),
    extension(OID.keyUsage, der(TAG.bits, Buffer.from([1, 0x06]))), // certificate and revocation list signing
  ];
}

function leafExtensions(hosts: readonly string[]): Buffer[] {
  const purposes = [OID.serverAuth, OID.clientAuth].map((each) => der(TAG.oid, Buffer.from(each)));
  const names = hosts.map((host) =>
    isIP(host) === 0 ? der(0x82, Buffer.from(host)) : der(0x87, Buffer.from(host.split('.').map(Number))),
  );
  return [
    extension(OID.extendedKeyUsage, der(TAG.sequence, ...purposes)),
    ...(names.length === 0 ? [] : [extension(OID.subjectAlternativeName, der(TAG.sequence, ...names))]),
  ];
}

function extension(oid: readonly number[], value: Buffer): Buffer {
  return der(TAG.sequence, der(TAG.oid, Buffer.from(oid)), der(TAG.octets, value));
}

/** UTCTime, `YYMMDDHHMMSSZ`. */
function utcTime(time: number): Buffer {
  return der(TAG.time, Buffer.from(`${new Date(time).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
}

/** One DER value: tag, length, contents. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const significant = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, content]);
}

function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' });
}
