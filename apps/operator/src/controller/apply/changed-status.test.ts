import { describe, expect, it } from 'vitest';
import { changedStatus } from './changed-status.ts';

describe('changedStatus', () => {
  const message = 'x'.repeat(3_000);

  it('is undefined for an equal status', () => {
    expect(changedStatus({ replicas: 1, conditions: [{ message: 'a' }] }, { replicas: 1, conditions: [{ message: 'a' }] })).toBeUndefined();
  });

  it('has the bounded status and a patch for it', () => {
    const change = changedStatus({ replicas: 1 }, { replicas: 1, message });
    expect(change?.status.message.length).toBeLessThan(2_100);
    expect(change?.patch).toEqual({ message: change?.status.message });
  });

  it('is undefined if only the bounds make a difference', () => {
    const { status = {} } = changedStatus({}, { message }) ?? {};
    expect(changedStatus(status, { message })).toBeUndefined();
  });
});
