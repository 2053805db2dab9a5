import { describe, expect, it } from 'vitest';
import { neverComing } from './spec.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

const problems = (schedule: string) => neverComing('spec.schedule', { schedule, timeZone: undefined }, NOW);

describe('a schedule', () => {
  it.each([
    '30 3 * * *',
    '*/5 * * * MON-FRI',
    '0/15 * * * *',
    '@hourly',
    '@every 1h30m',
    '0 0 29 2 *',
    '0 0 31 2 1',
    'what only Kubernetes knows',
  ])('accepts %s', (schedule) => {
    expect(problems(schedule)).toEqual([]);
  });

  it('rejects a day that no month has', () => {
    expect(problems('0 0 31 2 *')).toEqual([expect.stringContaining('spec.schedule "0 0 31 2 *" never occurs')]);
  });
});
