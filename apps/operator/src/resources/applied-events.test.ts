import { describe, expect, it } from 'vitest';
import type { ResourceEvent } from '../controller/api/events.ts';
import type { Applied } from '../controller/apply/writer.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import { recordApplied } from './applied-events.ts';

const applied = (kind: string, outcome: Applied<KubeObject>['outcome']): Applied<KubeObject> => ({
  outcome,
  object: { apiVersion: 'v1', kind, metadata: { name: 'echo' } },
});

function eventsFor(...objects: readonly Applied<KubeObject>[]): readonly ResourceEvent[] {
  const events: ResourceEvent[] = [];
  recordApplied({ apiVersion: 'v1', kind: 'BotModule', metadata: { name: 'echo' } }, objects, {
    record: (_, event) => void events.push(event),
  });
  return events;
}

describe('events about applied objects', () => {
  it('name objects with the same outcome in one event', () => {
    expect(eventsFor(applied('ConfigMap', 'created'), applied('Deployment', 'created'))).toEqual([
      { type: 'Normal', reason: 'Created', message: 'Created ConfigMap echo and Deployment echo' },
    ]);
  });

  it('are separate for different outcomes', () => {
    expect(eventsFor(applied('ConfigMap', 'repaired'), applied('Deployment', 'updated')).map(({ reason }) => reason)).toEqual([
      'Repaired',
      'Updated',
    ]);
  });

  it('do not name objects that stayed as they were', () => {
    expect(eventsFor(applied('ConfigMap', 'unchanged'), applied('Deployment', 'updated'))).toEqual([
      { type: 'Normal', reason: 'Updated', message: 'Updated Deployment echo' },
    ]);
    expect(eventsFor(applied('ConfigMap', 'unchanged'))).toEqual([]);
  });
});
