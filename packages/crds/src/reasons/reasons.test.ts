import { describe, expect, it } from 'vitest';
import { KIND_DEFINITIONS } from '../kinds.ts';

const ALL = KIND_DEFINITIONS.flatMap(({ kind, reasons }) =>
  Object.entries(reasons).map(([reason, definition]) => ({ kind, reason, ...definition })),
);

describe('the reasons of a kind', () => {
  it.each(ALL)('$kind $reason: Ready is True exactly in a requested state', ({ status, progress }) => {
    expect(status === 'True').toBe(progress === 'settled');
  });

  it.each(ALL)('$kind $reason: is Unknown while it may still change and False once it is stuck', ({ status, progress }) => {
    if (progress === 'reconciling') expect(status).toBe('Unknown');
    if (progress === 'stalled') expect(status).toBe('False');
  });

  it.each(ALL)('$kind $reason: an event is recorded if a user has to act', ({ progress, worrying }) => {
    if (progress === 'stalled') expect(worrying).toBe(true);
    if (progress === 'settled') expect(worrying).toBe(false);
  });

  it.each([
    ['BotModule', 'Disabled'],
    ['BackupSchedule', 'Suspended'],
    ['BackupSchedule', 'NoTargets'],
  ])('%s %s is a requested state', (kind, reason) => {
    expect(ALL.find((each) => each.kind === kind && each.reason === reason)).toMatchObject({ status: 'True', progress: 'settled' });
  });
});
