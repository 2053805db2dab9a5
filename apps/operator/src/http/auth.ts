import type { RequestHandler, Response } from 'express';
import type { TokenScope } from '../api-token.ts';

const SCOPE = 'tokenScope';

/** The token of an `Authorization: Bearer …` header. */
function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/** Answers 401 unless the request carries a token that is good for something. */
export function requireToken(scopeOf: (token: string) => TokenScope | undefined): RequestHandler {
  return (request, response, next) => {
    const token = bearerToken(request.headers.authorization);
    const scope = token === undefined ? undefined : scopeOf(token);
    if (scope === undefined) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      const details = token === undefined ? 'send the header "Authorization: Bearer <token>"' : 'the token is not valid';
      response.status(401).json({ error: 'Unauthorized', details });
      return;
    }
    response.locals[SCOPE] = scope;
    next();
  };
}

/** What the token of the request is good for, after {@link requireToken}. */
export const tokenScope = (response: Response): TokenScope => response.locals[SCOPE] as TokenScope;
