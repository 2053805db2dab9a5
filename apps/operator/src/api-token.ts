/** Bearer tokens of the HTTP API: the operator's own, and those it derives from it for other namespaces. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What the bearer of a token may see and act on. */
export interface TokenScope {
  /** The one namespace it is good for; `undefined`: every namespace that the operator watches. */
  readonly namespace: string | undefined;
}

/** Sets these HMACs apart from any other use of the same key. */
const PURPOSE = 'eevee operator API token for namespace ';

/**
 * Which tokens are good for what. A namespace's token is `<namespace>.<HMAC-SHA256 of its name under the operator's token>`: nothing
 * has to be kept to check one, every replica gives and takes the same, and a new token of the operator makes all of them void.
 */
export class ApiTokens {
  readonly #own: string | undefined;

  /** @param own the operator's token; white space around it, such as the line feed at a file's end, is not part of it. */
  constructor(own: string | undefined) {
    const trimmed = own?.trim() ?? '';
    this.#own = trimmed === '' ? undefined : trimmed;
  }

  /** The token that is good for `namespace` alone; `undefined` while the operator has no token itself. */
  forNamespace(namespace: string): string | undefined {
    if (this.#own === undefined) return undefined;
    return `${namespace}.${createHmac('sha256', this.#own).update(`${PURPOSE}${namespace}`).digest('hex')}`;
  }

  /**
   * What `token` is good for; `undefined`: nothing. Takes the same time whatever it is compared with.
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

/** Compares digests: these have one length, and where they begin to differ says nothing of the texts. */
function isSame(given: string, expected: string | undefined): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected ?? '')) && expected !== undefined;
}
