import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateAuthority } from '@eeveebot/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { tlsFiles } from '../src/irc/tls-files.ts';
import { reasonOf } from '../src/reason.ts';

const authority = await certificateAuthority('test authority');
const [bot, other] = [await authority.issue({ commonName: 'eevee' }), await authority.issue({ commonName: 'other' })];
const folder = mkdtempSync(join(tmpdir(), 'eevee-tls-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const [ca, cert, key] = [file('ca.pem', authority.certificate), file('cert.pem', bot.certificate), file('key.pem', bot.key)];
const [text, foreignKey] = [file('text.pem', 'not a certificate'), file('other.pem', other.key)];
const rsa = await authority.issue({ commonName: 'rsa', rsaBits: 2_048 });
const rsaKey = file('rsa-key.pem', rsa.key);
const small = await authority.issue({ commonName: 'small', rsaBits: 1_024 });
const [smallCert, smallKey] = [file('small-cert.pem', small.certificate), file('small-key.pem', small.key)];
const broken = file('broken.pem', '-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n');
const missing = join(folder, 'missing.pem');

describe('files of irc.tls', () => {
  it('are read', () => {
    const files = tlsFiles({ ca, cert, key, insecureSkipVerify: false });
    expect([files.ca, files.cert, files.key].map(String)).toEqual([authority.certificate, bot.certificate, bot.key]);
  });

  it.each([
    ['an authority is missing', { ca: missing }, `irc.tls.ca: the file ${missing} cannot be read: ENOENT`],
    ['an authority is a folder', { ca: folder }, `irc.tls.ca: the file ${folder} cannot be read: EISDIR`],
    ['an authority is a text', { ca: text }, `irc.tls.ca: the file ${text} contains no certificate in PEM`],
    ['an authority is damaged', { ca: broken }, `irc.tls.ca: the file ${broken} contains no certificate in PEM`],
    ['a certificate is a key', { ca, cert: key, key }, `irc.tls.cert: the file ${key} contains no certificate in PEM`],
    ['a key is a certificate', { cert, key: cert }, `irc.tls.key: the file ${cert} contains no private key in PEM`],
    ['a key is of another certificate', { cert, key: foreignKey }, `irc.tls.key (${foreignKey}) does not belong to the certificate`],
    ['a key is of another kind than the certificate', { cert, key: rsaKey }, `irc.tls.key (${rsaKey}) does not belong to the certificate`],
    [
      'a key is too short',
      { cert: smallCert, key: smallKey },
      `irc.tls.cert (${smallCert}) and irc.tls.key (${smallKey}) cannot be used: TLS: ee key too small`,
    ],
  ])('are named when %s', (_what, files, reason) => {
    let failed: unknown;
    try {
      tlsFiles({ ...files, insecureSkipVerify: false });
    } catch (error) {
      failed = error;
    }
    expect(reasonOf(failed)).toContain(reason);
  });
});
