import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { TlsSettings } from '../config/parse.ts';

/** Contents of the files of {@link TlsSettings}. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** A file of `irc.tls` cannot be used. The message names the setting and the file. */
export class TlsFileError extends Error {
  override readonly name = 'TlsFileError';
}

/**
 * Reads the files of `irc.tls`. OpenSSL ignores authorities that it cannot parse, and its errors name no file, so each file is checked here.
 *
 * @throws TlsFileError
 */
export function tlsFiles(tls: TlsSettings): TlsFiles {
  const ca = checked('ca', tls.ca, (content) => void new X509Certificate(content));
  const cert = checked('cert', tls.cert, (content) => void new X509Certificate(content));
  const key = checked('key', tls.key, (content) => void createPrivateKey(content));
  if (cert !== undefined && key !== undefined) checkPair({ cert, key }, tls);
  return { ca, cert, key };
}

function checkPair({ cert, key }: { readonly cert: Buffer; readonly key: Buffer }, files: TlsSettings): void {
  // OpenSSL accepts a key of another kind, as if its certificate came later.
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new TlsFileError(`irc.tls.key (${files.key}) does not belong to the certificate irc.tls.cert (${files.cert})`);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new TlsFileError(`irc.tls.cert (${files.cert}) and irc.tls.key (${files.key}) cannot be used`, { cause: error });
  }
}

const CONTENT = { ca: 'certificate in PEM', cert: 'certificate in PEM', key: 'private key in PEM without a passphrase' } as const;

function checked(setting: keyof TlsFiles, file: string | undefined, parse: (content: Buffer) => void): Buffer | undefined {
  if (file === undefined) return undefined;
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new TlsFileError(`irc.tls.${setting}: the file ${file} cannot be read`, { cause: error });
  }
  try {
    // The constructors also accept the binary form, but a TLS connection does not.
    if (!content.includes('-----BEGIN ')) throw new Error('not in PEM');
    parse(content);
  } catch (error) {
    throw new TlsFileError(`irc.tls.${setting}: the file ${file} contains no ${CONTENT[setting]}`, { cause: error });
  }
  return content;
}
