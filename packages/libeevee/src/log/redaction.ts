/** Words in names of fields that contain secrets. */
const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|token|authorization|cookie|credential|api_?-?key|private_?-?key|access_?-?key|nkey_?seed/i;

/** Names that contain one of these words but no secret. */
const HARMLESS_NAME = /(?:file|path|name|var|count|length|bytes|ms|at)$/i;

/** Whether the name of a field excludes it from all log lines. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !HARMLESS_NAME.test(name);

/**
 * A text without the credentials before the host of a URL.
 *
 * @example
 * withoutUrlCredentials('cannot reach nats://me:word@nats:4222'); // 'cannot reach nats://…@nats:4222'
 */
export const withoutUrlCredentials = (text: string): string =>
  text.includes('://') && text.includes('@') ? text.replaceAll(/:\/\/[^\s/@]+@/g, '://…@') : text;
