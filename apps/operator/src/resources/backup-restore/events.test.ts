import { describe, expect, it } from 'vitest';
import { restoreThatIs } from '../../../test/fixtures/bot-modules.ts';
import type { ResourceEvent } from '../../controller/api/events.ts';
import { recordProgress } from './events.ts';

/** The events of a restore that becomes Running with this message. */
function eventsOf(message: string, facts: object = {}): readonly ResourceEvent[] {
  const recorded: ResourceEvent[] = [];
  const { status } = restoreThatIs('Running');
  const conditions = status?.conditions?.map((condition) => ({ ...condition, message })) ?? [];
  recordProgress(
    restoreThatIs('WaitingForModuleToStop'),
    { observedGeneration: 1, jobName: 'back-restore', ...facts, conditions },
    { record: (_, event) => void recorded.push(event) },
  );
  return recorded;
}

describe('the events of a running restore', () => {
  it.each(['Job back-restore is starting', 'the Job is running'])('do not exist while it makes progress: %s', (message) => {
    expect(eventsOf(message)).toEqual([]);
    expect(eventsOf(`${message}; backup b8 failed verification`, { passedOver: ['backup b8 failed verification'] })).toEqual([]);
  });

  it('name the cause while it makes no progress', () => {
    const message = 'pod back-restore-x: container backup is in ImagePullBackOff';
    expect(eventsOf(message)).toEqual([{ type: 'Warning', reason: 'NoProgress', message }]);
  });
});
