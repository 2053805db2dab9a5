/** Words in names of fields that contain secrets. */
const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|token|authorization|bearer|cookie|credential|(?:api|private|access|signing|encryption)[_-]?key|nkey_?seed|^(?:pass|pwd|auth|jwt)$|(?:_(?:pass|pwd|jwt)|-(?:pass|pwd|jwt))$/i;

/** The same words at the end of names in camel case, where they are words only with a capital: `userPass`, not `compass`. */
const SECRET_END = /[a-z\d](?:Pass|Pwd|Jwt)$/;

/**
 * Names that contain one of these words but no secret: `tokenFile`, `TOKEN_FILE`. The last word is a whole one, since `secretParams` does
 * not end in milliseconds.
 */
const HARMLESS_NAME =
  /(?:[_.-](?:file|path|name|var|count|length|bytes|ms|at)|[_.-](?:FILE|PATH|NAME|VAR|COUNT|LENGTH|BYTES|MS|AT)|[a-z\d](?:File|Path|Name|Var|Count|Length|Bytes|Ms|At))$/;

/** Whether the name of a field excludes it from all log lines. */
export const isSecretName = (name: string): boolean => (SECRET_NAME.test(name) || SECRET_END.test(name)) && !HARMLESS_NAME.test(name);

const USER_INFO = /:\/\/[^\s/@]+@/g;
const QUERY_PARAMETER = /([?&]([^\s=&#"'<>]+)=)[^\s&#"'<>]+/g;

/**
 * A text without the credentials in its URLs: those before the host, and query parameters whose names suggest a secret.
 *
 * @example
 * withoutUrlCredentials('cannot reach nats://me:word@nats:4222'); // 'cannot reach nats://…@nats:4222'
 * withoutUrlCredentials('GET https://example.org/?token=word'); // 'GET https://example.org/?token=…'
 */
export function withoutUrlCredentials(text: string): string {
  if (!text.includes('://')) return text;
  const withoutUser = text.includes('@') ? text.replaceAll(USER_INFO, '://…@') : text;
  return withoutUser.includes('?')
    ? withoutUser.replaceAll(QUERY_PARAMETER, (whole, before: string, name: string) => (isSecretName(name) ? `${before}…` : whole))
    : withoutUser;
}
