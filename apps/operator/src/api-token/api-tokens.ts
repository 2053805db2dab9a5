/** Bearer tokens of the HTTP API: the operator's own, and the tokens derived from it for other namespaces. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Resources that a token grants access to. */
export interface TokenScope {
  /** The only namespace that the token is valid for; `undefined`: every namespace that the operator watches. */
  readonly namespace: string | undefined;
}

/** Separates these HMACs from any other use of the same key. */
const PURPOSE = 'eevee operator API token for namespace ';

/**
 * Validates tokens. The token of a namespace is `<namespace>.<HMAC-SHA256 of its name under the operator's token>`: validation needs no
 * stored state, every replica issues and accepts the same tokens, and a new token of the operator revokes all of them.
 */
export class ApiTokens {
  readonly #own: string | undefined;

  /** @param own the operator's token; surrounding white space, such as the line feed at the end of a file, is ignored. */
  constructor(own: string | undefined) {
    const trimmed = own?.trim() ?? '';
    this.#own = trimmed === '' ? undefined : trimmed;
  }

  /** The token that is valid only for `namespace`; `undefined` while the operator itself has no token. */
  forNamespace(namespace: string): string | undefined {
    if (this.#own === undefined) return undefined;
    return `${namespace}.${createHmac('sha256', this.#own).update(`${PURPOSE}${namespace}`).digest('hex')}`;
  }

  /**
   * Scope of `token`; `undefined` if it is invalid. The comparison takes constant time.
   *
   * @example
   * const tokens = new ApiTokens('secret');
   * tokens.scopeOf('secret'); // { namespace: undefined }
   * tokens.scopeOf(tokens.forNamespace('chat') ?? ''); // { namespace: 'chat' }
   * tokens.scopeOf('guessed'); // undefined
   */
  scopeOf(token: string): TokenScope | undefined {
    const namespace = token.slice(0, Math.max(0, token.lastIndexOf('.')));
    const isOwn = isSame(token, this.#own);
    const isOfNamespace = isSame(token, this.forNamespace(namespace));
    if (isOwn) return { namespace: undefined };
    return isOfNamespace && namespace !== '' ? { namespace } : undefined;
  }
}

/** Compares digests: they have the same length, and the position of their first difference reveals nothing about the texts. */
function isSame(given: string, expected: string | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected ?? '')) && expected !== undefined;
}
