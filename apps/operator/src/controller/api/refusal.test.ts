import { describe, expect, it } from 'vitest';
import { isConflict, isForbidden, isGone, isNotFound } from '../errors.ts';
import { refusal } from './refusal.ts';

const answer = (statusCode: number, status: object) => ({ statusCode, headers: {}, text: JSON.stringify(status) });

describe('refusal of a request', () => {
  it.each([
    [404, 'NotFound'],
    [409, 'Conflict'],
    [410, 'Gone'],
  ])('by a webhook that denies it with %i is not taken for an outdated cache', (code, reason) => {
    const error = refusal(answer(code, { message: 'admission webhook "no.example" denied the request: not today', reason }), 'DELETE /a');
    expect([isForbidden(error), isNotFound(error), isConflict(error), isGone(error)]).toEqual([true, false, false, false]);
    expect(error.message).toContain('not today');
  });

  it.each([
    [404, 'NotFound'],
    [409, 'Conflict'],
    [422, 'Invalid'],
  ])('by the API server itself keeps code %i', (code, reason) => {
    const error = refusal(answer(code, { message: 'configmaps "a" cannot be changed', reason }), 'PATCH /a');
    expect(error).toMatchObject({ code, reason });
  });

  it('by a webhook with another code keeps it', () => {
    const error = refusal(
      answer(400, { message: 'admission webhook "no.example" denied the request: x', reason: 'BadRequest' }),
      'POST /a',
    );
    expect(error).toMatchObject({ code: 400, reason: 'BadRequest' });
  });

  it.each([
    ['PATCH /a', '; webhooks for this kind of object may be slow or not answer: kubectl get mutatingwebhookconfigurations'],
    ['GET /a', ''],
  ])('of %s that took too long for the API server names how to find webhooks that may be the cause', (request, hint) => {
    const message = 'Timeout: request did not complete within requested timeout - context deadline exceeded';
    const error = refusal(answer(504, { message, reason: 'Timeout' }), request);
    expect(error.message.startsWith(`${message}${hint}`)).toBe(true);
    expect(error.message.includes('webhook')).toBe(hint !== '');
  });
});
