import { describe, expect, it } from 'vitest';
import { ApiError, ConnectionError, GivenUpError, ReconcileTimeoutError } from '../errors.ts';
import { failureEvent, retryDelays } from './retry-line.ts';

const eventAfter = (error: unknown, failures: number, isReported = false) => failureEvent(error, { failures, isReported });

describe('event about a failed reconcile', () => {
  it('is recorded for missing responses when these last', () => {
    const error = new ConnectionError('PATCH /a: no response');
    expect(eventAfter(error, 4)).toBeUndefined();
    expect(eventAfter(error, 5)).toMatchObject({ type: 'Warning', reason: 'ReconcileFailed' });
    expect(eventAfter(error, 5)?.message).toContain('PATCH /a: no response');
  });

  it.each([new GivenUpError('PATCH /a was not sent'), new ApiError('cannot decrypt', { code: 500, reason: 'InternalError' })])(
    'is recorded for requests that are not answered, when that lasts: $message',
    (error) => {
      expect([eventAfter(error, 4), eventAfter(error, 5)?.reason]).toEqual([undefined, 'ReconcileFailed']);
    },
  );

  it.each([new TypeError('x is not a function'), new ReconcileTimeoutError('took longer than 300000 ms')])(
    'is recorded at once for a bug or a timeout: $message',
    (error) => {
      expect(eventAfter(error, 1)?.message).toContain(error.message);
    },
  );

  it('is not recorded for a webhook that does not answer, if the status names it', () => {
    const held = new ApiError('failed calling webhook', { code: 500, reason: 'InternalError' });
    expect([eventAfter(held, 50, true), eventAfter(held, 50)?.reason]).toEqual([undefined, 'ReconcileFailed']);
  });

  it('is not recorded for a refusal, which the status names', () => {
    expect(eventAfter(new ApiError('no', { code: 403, reason: 'Forbidden' }), 50)).toBeUndefined();
  });
});

describe('delays after a failure', () => {
  const conflict = new ApiError('the object has been modified', { code: 409, reason: 'Conflict' });

  it.each([
    [conflict, 1, true],
    [conflict, 7, false],
    [new ConnectionError('no response'), 50, true],
    [new GivenUpError('not sent'), 1, false],
    [new ApiError('failed calling webhook', { code: 500, reason: 'InternalError' }), 1, false],
  ])('need not be long after a slow attempt that failed by chance: %s, %i in a row: %s', (error, failures, isByChance) => {
    expect(retryDelays(error, failures)).toMatchObject({ isByChance });
  });

  const slowDown = (ms: number) => new ApiError('slow down', { code: 429, reason: 'TooManyRequests', retryAfterMs: ms });

  it.each([
    ['of one request', slowDown(3_000)],
    [
      'of requests for several targets',
      new AggregateError([conflict, new Error('BotModule echo', { cause: slowDown(3_000) }), slowDown(1_000)]),
    ],
  ])('are at least what the server asks for in its response: %s', (_, error) => {
    expect(retryDelays(error, 1)).toMatchObject({ atLeastMs: 3_000 });
  });

  it('are not longer than half an hour, whatever the server asks for', () => {
    expect(retryDelays(slowDown(86_400_000), 1)).toMatchObject({ atLeastMs: 1_800_000 });
  });
});
