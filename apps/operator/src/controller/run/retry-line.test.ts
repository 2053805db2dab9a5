import { describe, expect, it } from 'vitest';
import { ApiError, ConnectionError, ReconcileTimeoutError } from '../errors.ts';
import { failureEvent } from './retry-line.ts';

describe('event about a failed reconcile', () => {
  it('is recorded for missing responses when these last', () => {
    const error = new ConnectionError('PATCH /a: no response');
    expect(failureEvent(error, 4)).toBeUndefined();
    expect(failureEvent(error, 5)).toMatchObject({ type: 'Warning', reason: 'ReconcileFailed' });
    expect(failureEvent(error, 5)?.message).toContain('PATCH /a: no response');
  });

  it.each([new TypeError('x is not a function'), new ReconcileTimeoutError('took longer than 300000 ms')])(
    'is recorded at once for a bug or a timeout: $message',
    (error) => {
      expect(failureEvent(error, 1)?.message).toContain(error.message);
    },
  );

  it('is not recorded for a refusal, which the status names', () => {
    expect(failureEvent(new ApiError('no', { code: 403, reason: 'Forbidden' }), 50)).toBeUndefined();
  });
});
