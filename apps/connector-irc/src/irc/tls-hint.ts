/** Code of the error of a handshake that the server did not answer, or broke off. */
export const NO_HANDSHAKE = 'EEVEE_IRC_NO_TLS_HANDSHAKE';

const NO_TLS = 'the port may not support TLS: set irc.port to the TLS port of the network, usually 6697, or remove irc.ssl and irc.tls';

/** Fix for a connection without TLS that the server closed before it sent a line. */
export const MAY_NEED_TLS =
  'the port may require TLS: set irc.tls to true, or irc.port to the port of the network without TLS, usually 6667';

const OUTDATED = 'the server supports only outdated versions of TLS: its operators must enable TLS 1.2 or later';

const NO_CERTIFICATE = 'the server requires a certificate of the bot: set irc.tls.cert and irc.tls.key';

const REFUSED_CERTIFICATE = 'the server does not accept the certificate of the bot: correct irc.tls.cert and irc.tls.key';

const NOTHING_IN_COMMON = `the server and the bot have no cipher in common, or ${NO_CERTIFICATE}`;

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
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: OUTDATED,
  ERR_SSL_UNSUPPORTED_PROTOCOL: OUTDATED,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: NO_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': REFUSED_CERTIFICATE,
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': NOTHING_IN_COMMON,
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
