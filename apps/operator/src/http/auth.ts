import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { TokenScope } from '../api-token/api-tokens.ts';

const SCOPE = 'tokenScope';

/** The token of an `Authorization: Bearer …` header. */
function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
}

/**
 * Identifies the client that sent a request with a token: several clients may share an address, and several users a token.
 *
 * @see requireToken
 */
export const clientOf = (request: Request): string =>
  createHash('sha256')
    .update(`${bearerToken(request.headers.authorization)} ${request.socket.remoteAddress}`)
    .digest('base64');

/**
 * Responds with 401 unless the request has a valid token.
 *
 * @param limit for requests without a valid token, so that they can neither guess tokens without limit nor use up the limit of others.
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

/** Scope of the request's token, after {@link requireToken}. */
export const tokenScope = (response: Response): TokenScope => response.locals[SCOPE] as TokenScope;
