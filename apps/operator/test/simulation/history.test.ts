import { describe, expect, it } from 'vitest';
import { randomHistory } from './history.ts';

describe('random history', () => {
  it('is the same for the same seed, and differs for another', () => {
    expect(randomHistory(1, 50)).toEqual(randomHistory(1, 50));
    expect(randomHistory(1, 50)).not.toEqual(randomHistory(2, 50));
  });

  it('begins with the same steps whatever its length', () => {
    expect(randomHistory(3, 80).slice(0, 40)).toEqual(randomHistory(3, 40));
  });

  it('has every kind of action', () => {
    expect([...new Set(randomHistory(4, 5_000).map((step) => step.do))].toSorted()).toEqual([
      'backup-now',
      'clock',
      'delete',
      'delete-labelled',
      'expire-watches',
      'kill-at-write',
      'lag',
      'operator',
      'outage',
      'pause',
      'put-module',
      'put-personal',
      'put-restore',
      'put-schedule',
      'quota',
      'recreate-claim',
      'refuse',
      'replace-with-personal',
      'restart-api',
      'rotate-token',
      'second-operator',
      'store',
    ]);
  });
});
