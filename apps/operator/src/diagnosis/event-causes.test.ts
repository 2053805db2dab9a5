import { beforeEach, describe, expect, it } from 'vitest';
import { Cache } from '../controller/cache/cache.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import { CLAIM_EVENT, CREATION_EVENT, PERSISTENT_VOLUME_CLAIM, PROBE_EVENT, type CoreEvent } from '../resource-types/kubernetes.ts';
import { EVENT_INDEXES, eventCausesIn } from './event-causes.ts';

const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const EVENTS = [CLAIM_EVENT, PROBE_EVENT, CREATION_EVENT];

const HOUR_AHEAD = '2026-01-01T11:00:00Z';
const NOW = '2026-01-01T10:00:00Z';

describe('causes in Events', () => {
  let cache: Cache;
  let version = 0;

  beforeEach(() => {
    cache = new Cache(LOG);
    version = 8;
    for (const type of EVENTS) cache.ensureStore(type).addIndexes(EVENT_INDEXES);
    cache.ensureStore(PERSISTENT_VOLUME_CLAIM);
  });

  const subject = (kind: string, uid: string) => ({ kind, metadata: { name: 'it', uid } });

  /** An Event about object `it`, later than all before it. */
  function report(
    type: ResourceType<CoreEvent>,
    { kind, metadata: { name, uid } }: ReturnType<typeof subject>,
    { message, reason = 'Any', time = NOW }: { readonly message: string; readonly reason?: string; readonly time?: string },
  ): void {
    version += 1;
    const event: CoreEvent = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'bots', name: `event-${version}`, uid: `event-${version}`, resourceVersion: String(version) },
      involvedObject: { kind, name, uid },
      reason,
      message,
      lastTimestamp: time,
    };
    cache.ensureStore(type).set(event);
  }

  it('are the latest that the API server got, although the clock of an earlier reporter is ahead', () => {
    const pod = subject('Pod', 'a');
    report(PROBE_EVENT, pod, { message: 'statuscode: 500', time: HOUR_AHEAD });
    report(PROBE_EVENT, pod, { message: 'statuscode: 503' });
    expect(eventCausesIn('bots', cache).probe(pod)).toBe('statuscode: 503');
  });

  it('no longer hold when a claim waits for its pod, although the clock of the provisioner is ahead', () => {
    const claim = subject('PersistentVolumeClaim', 'a');
    const spec = { storageClassName: 'fast' };
    const object = { apiVersion: 'v1', ...claim, metadata: { ...claim.metadata, namespace: 'bots', resourceVersion: '1' }, spec };
    cache.ensureStore(PERSISTENT_VOLUME_CLAIM).set(object);
    report(CLAIM_EVENT, claim, { reason: 'ProvisioningFailed', message: 'no space', time: HOUR_AHEAD });
    expect(eventCausesIn('bots', cache).claim('it')).toContain('no space');
    report(CLAIM_EVENT, claim, { reason: 'WaitForFirstConsumer', message: 'waiting' });
    expect(eventCausesIn('bots', cache).claim('it')).toBeUndefined();
  });

  it('are not those of an object that had the name before', () => {
    report(CREATION_EVENT, subject('Job', 'former'), { message: 'exceeded quota: few' });
    report(PROBE_EVENT, subject('Pod', 'former'), { message: 'statuscode: 503' });
    const causes = eventCausesIn('bots', cache);
    expect([causes.creation(subject('Job', 'present')), causes.probe(subject('Pod', 'present'))]).toEqual([undefined, undefined]);
    expect(causes.creation(subject('Job', 'former'))).toContain('exceeded quota: few');
  });
});
