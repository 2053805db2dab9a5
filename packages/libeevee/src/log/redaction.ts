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

/** Maximum number of names whose verdict is remembered, and their length. Lines have few different ones, unless a module logs data of others. */
const MAX_REMEMBERED = 1_000;
const MAX_CHARACTERS = 100;

const verdicts = new Map<string, boolean>();

const suggestsSecret = (name: string): boolean => (SECRET_NAME.test(name) || SECRET_END.test(name)) && !HARMLESS_NAME.test(name);

/** Whether the name of a field excludes it from all log lines. */
export function isSecretName(name: string): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const verdict = suggestsSecret(name);
  if (verdicts.size >= MAX_REMEMBERED) verdicts.clear();
  if (name.length <= MAX_CHARACTERS) verdicts.set(name, verdict);
  return verdict;
}

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
