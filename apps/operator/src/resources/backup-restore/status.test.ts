import { describe, expect, it } from 'vitest';
import { restoreThatIs } from '../../../test/fixtures/bot-modules.ts';
import { readyOf } from '../../controller/objects/status.ts';
import { NO_EVENT_CAUSES } from '../../diagnosis/event-causes.ts';
import type { ObservedRestore } from './observe.ts';
import { restoreStatus, type RestoreProgress } from './status.ts';

const passedOver = ['backup b8 failed verification'];
const found = { id: 'b7', key: 'bots/echo/b7.tar.gz', passedOver };
const known = restoreThatIs('WaitingForModuleToStop');

/** The status after `progress` of a restore whose status lists `passedOver` backups, or the given facts. */
function statusAfter(progress: RestoreProgress, status: object = { backupId: 'b7', key: 'k', passedOver }) {
  const restore = { ...known, status: { ...known.status, ...status } };
  const observed: ObservedRestore = {
    restore,
    module: undefined,
    store: undefined,
    job: undefined,
    volumeClaim: undefined,
    restores: [],
    deployment: undefined,
    cronJobs: [],
    suspendedBySchedule: new Set(),
    pods: [],
    jobs: [],
    eventCauses: NO_EVENT_CAUSES,
  };
  const after = restoreStatus(observed, progress, new Date(0));
  return { ...after, message: readyOf(after)?.message };
}

describe('a restore that passed newer backups over', () => {
  it('records them when it finds the backup', () => {
    expect(statusAfter({ phase: 'waiting', reason: 'WaitingForModuleToStop', message: '', backup: found }, {})).toMatchObject({
      backupId: 'b7',
      passedOver,
    });
  });

  it('names them while it runs and after it has succeeded', () => {
    const text = 'backup b8 failed verification';
    expect(statusAfter({ phase: 'started', jobName: 'j', backup: found }).message).toBe(`Job j is starting; ${text}`);
    const succeeded = statusAfter({ phase: 'watched', outcome: { phase: 'succeeded', time: '2026-01-01T00:00:09Z', result: undefined } });
    expect(succeeded).toMatchObject({ message: `backup is restored; ${text}`, passedOver });
  });

  it('does not mention them when the newest was taken', () => {
    const succeeded = { phase: 'watched', outcome: { phase: 'succeeded', time: '2026-01-01T00:00:09Z', result: undefined } } as const;
    expect(statusAfter(succeeded, { backupId: 'b7', key: 'k' }).message).toBe('backup is restored');
  });
});

describe('the time at which the module was asked to stop', () => {
  const stopRequestedTime = (recorded: string) =>
    statusAfter({ phase: 'waiting', reason: 'WaitingForModuleToStop', message: '', backup: found }, { stopRequestedTime: recorded })
      .stopRequestedTime;

  it('is kept, unless it is in the future because the clock was set back', () => {
    expect(stopRequestedTime('1969-12-31T23:00:00Z')).toBe('1969-12-31T23:00:00Z');
    expect(stopRequestedTime('1970-01-02T00:00:00Z')).toBe('1970-01-01T00:00:00Z');
  });
});
