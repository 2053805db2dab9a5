import { describe, expect, it } from 'vitest';
import { withCondition, type StatusCondition } from './status.ts';

const earlier = new Date('2026-03-01T10:00:00.400Z');
const later = new Date('2026-03-01T11:00:00.900Z');
const creating = { type: 'Ready', status: 'Unknown', reason: 'Creating', message: '0/1 available', observedGeneration: 1 } as const;

describe('withCondition', () => {
  it('adds a condition with the time in whole seconds, as the API server stores it', () => {
    expect(withCondition(undefined, creating, earlier)).toEqual([{ ...creating, lastTransitionTime: '2026-03-01T10:00:00Z' }]);
  });

  it('keeps lastTransitionTime while only reason, message or generation change', () => {
    const before = withCondition(undefined, creating, earlier);
    const after = withCondition(before, { ...creating, reason: 'Updating', message: 'rolling out', observedGeneration: 2 }, later);
    expect(after).toEqual([
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'Updating',
        message: 'rolling out',
        observedGeneration: 2,
        lastTransitionTime: '2026-03-01T10:00:00Z',
      },
    ]);
  });

  it('moves lastTransitionTime when status moves', () => {
    const before = withCondition(undefined, creating, earlier);
    const [ready] = withCondition(before, { ...creating, status: 'True', reason: 'Ready' }, later);
    expect(ready?.lastTransitionTime).toBe('2026-03-01T11:00:00Z');
  });

  it('keeps other conditions unchanged and in their places', () => {
    const bootstrapped: StatusCondition = {
      type: 'Bootstrapped',
      status: 'True',
      reason: 'Restored',
      message: '',
      lastTransitionTime: '2026-02-01T00:00:00Z',
    };
    const before = withCondition([bootstrapped], creating, earlier);
    const after = withCondition(before, { ...bootstrapped, status: 'False' }, later);
    expect(after.map(({ type }) => type)).toEqual(['Bootstrapped', 'Ready']);
    expect(after[1]).toEqual(before[1]);
  });

  it('returns the same text for the same state, so that it is not written again', () => {
    const before = withCondition(undefined, creating, earlier);
    expect(JSON.stringify(withCondition(before, creating, later))).toBe(JSON.stringify(before));
  });
});
