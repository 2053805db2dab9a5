/** Code of the error of a handshake that the server did not answer, or broke off. */
export const NO_HANDSHAKE = 'EEVEE_IRC_NO_TLS_HANDSHAKE';

const NO_TLS = 'the port may not support TLS: set irc.port to the TLS port of the network, usually 6697, or remove irc.ssl and irc.tls';

/** Fixes by the code of an error of TLS. */
const HINTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'the certificate of the server has expired: its operators must renew it; if it has not, correct the clock of this machine',
  CERT_NOT_YET_VALID: 'the certificate of the server is not valid yet: correct the clock of this machine, or of the server',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate is for another name: correct irc.host, or set irc.tls.servername to a name of the certificate',
  EPROTO: NO_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  [NO_HANDSHAKE]: NO_TLS,
};

const UNTRUSTED = 'the certificate is not from a trusted authority: set irc.tls.ca to a file with the certificate of its authority';

/** Codes of certificates that no trusted authority has signed. */
const UNTRUSTED_CODES: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The fix for a TLS handshake that failed; undefined for other errors. */
export function tlsHint(error: Error): string | undefined {
  const code = 'code' in error ? String(error.code) : '';
  return UNTRUSTED_CODES.has(code) ? UNTRUSTED : HINTS[code];
}
