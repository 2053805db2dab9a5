import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { TokenScope } from '../api-token.ts';

const SCOPE = 'tokenScope';

/** The token of an `Authorization: Bearer …` header. */
function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/**
 * Stands for who sent a request with a token: behind one address there may be many clients, and one token may have many users.
 *
 * @see requireToken
 */
export const clientOf = (request: Request): string =>
  createHash('sha256')
    .update(`${bearerToken(request.headers.authorization)} ${request.socket.remoteAddress}`)
    .digest('base64');

/**
 * Answers 401 unless the request carries a token that is good for something.
 *
 * @param limit of requests without such a token: they must neither guess without end nor use up what others may send.
 */
export function requireToken(scopeOf: (token: string) => TokenScope | undefined, limit: RequestHandler): RequestHandler {
  const refuse: RequestHandler = (request, response) => {
    const details =
      bearerToken(request.headers.authorization) === undefined
        ? 'send the header "Authorization: Bearer <token>"'
        : 'the token is not valid';
    response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(401).json({ error: 'Unauthorized', details });
  };
  return (request, response, next) => {
    const token = bearerToken(request.headers.authorization);
    const scope = token === undefined ? undefined : scopeOf(token);
    if (scope === undefined) return limit(request, response, () => refuse(request, response, next));
    response.locals[SCOPE] = scope;
    next();
  };
}

/** What the token of the request is good for, after {@link requireToken}. */
export const tokenScope = (response: Response): TokenScope => response.locals[SCOPE] as TokenScope;
