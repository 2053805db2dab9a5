import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { clientOf, requireToken } from './auth.ts';
import { addressOf, rateLimit, RequestCounts } from './server/rate-limit.ts';

const from = (token: string | undefined, remoteAddress = '10.0.0.7') =>
  ({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, socket: { remoteAddress } }) as unknown as Request;

/** Sends requests through both rate limits. */
function api() {
  const limits = { requests: 3, spanMs: 60_000 };
  const clock = { elapsedMs: () => 0 };
  const authenticate = requireToken(
    (token) => (token.startsWith('good') ? { namespace: undefined } : undefined),
    rateLimit(new RequestCounts(limits, clock), addressOf),
  );
  const limit = rateLimit(new RequestCounts(limits, clock), clientOf);
  return (request: Request): number => {
    let code = 0;
    const response = {
      locals: {},
      setHeader: () => response,
      status: (status: number) => ((code = status), response),
      json: () => response,
    };
    const answer = response as unknown as Response;
    void authenticate(request, answer, () => void limit(request, answer, () => (code = 200)));
    return code;
  };
}

describe('the rate limits', () => {
  it('count clients that share an address by their tokens', () => {
    const send = api();
    expect([1, 2, 3, 4].map(() => send(from('good-one')))).toEqual([200, 200, 200, 429]);
    expect(send(from('good-two'))).toBe(200);
    expect(send(from('good-one', '10.0.0.8'))).toBe(200);
  });

  it('keep clients without a valid token from using up the limit of others or guessing without limit', () => {
    const send = api();
    expect([undefined, 'bad', 'worse', 'worst', undefined].map((token) => send(from(token)))).toEqual([401, 401, 401, 429, 429]);
    expect(send(from('good'))).toBe(200);
  });
});
