import { describe, expect, it } from 'vitest';
import { readinessConditions, restatedConditions, type ReadyReasons } from './progress.ts';

const REASONS = {
  Ready: { status: 'True', progress: 'settled' },
  Updating: { status: 'Unknown', progress: 'reconciling' },
  Unavailable: { status: 'False', progress: 'waiting' },
  InvalidSpec: { status: 'False', progress: 'stalled' },
} as const satisfies ReadyReasons;

describe('the conditions of a resource', () => {
  it.each([
    ['Ready', 'True', 'False', 'False'],
    ['Updating', 'Unknown', 'True', 'False'],
    ['Unavailable', 'False', 'False', 'False'],
    ['InvalidSpec', 'False', 'False', 'True'],
  ] as const)('with reason %s are Ready %s, Reconciling %s, Stalled %s', (reason, ...statuses) => {
    const conditions = readinessConditions({ reason, message: 'why' }, REASONS);
    expect(conditions.map(({ type }) => type)).toEqual(['Ready', 'Reconciling', 'Stalled']);
    expect(conditions.map(({ status }) => status)).toEqual(statuses);
    expect(conditions.every((condition) => condition.reason === reason)).toBe(true);
  });

  it('repeat the message only where they are True', () => {
    const messages = readinessConditions({ reason: 'InvalidSpec', message: 'why' }, REASONS).map(({ message }) => message);
    expect(messages).toEqual(['why', '', 'why']);
  });

  it('keep their places and times, and are dropped when no longer stated', () => {
    const before = restatedConditions({
      known: undefined,
      stated: [
        { type: 'Bootstrapped', status: 'True', reason: 'Done', message: '' },
        ...readinessConditions({ reason: 'Updating', message: '' }, REASONS),
      ],
      generation: 1,
      now: new Date('2026-01-01T00:00:00Z'),
    });
    const after = restatedConditions({
      known: [...before, { type: 'Paused', status: 'True', reason: 'P', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      stated: readinessConditions({ reason: 'Unavailable', message: '' }, REASONS),
      generation: 2,
      now: new Date('2026-01-01T00:01:00Z'),
    });
    expect(after.map(({ type, lastTransitionTime, observedGeneration }) => [type, lastTransitionTime, observedGeneration])).toEqual([
      ['Ready', '2026-01-01T00:01:00Z', 2],
      ['Reconciling', '2026-01-01T00:01:00Z', 2],
      ['Stalled', '2026-01-01T00:00:00Z', 2],
    ]);
  });
});
