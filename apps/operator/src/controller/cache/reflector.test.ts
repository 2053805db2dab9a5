import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Client } from '../api/client.ts';
import { ApiError } from '../errors.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { Cache } from './cache.ts';
import { Reflector } from './reflector.ts';

const silent = () => undefined;

/** A reflector whose watches deliver nothing. */
function quietWorld(type: ResourceType) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const log: Log = { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent };
  const timeouts: number[] = [];
  const client = {
    list: async () => ({ items: [], resourceVersion: '1', continueToken: '' }),
    watch: async (_: ResourceType, { timeoutSeconds, signal }: { timeoutSeconds: number; signal: AbortSignal }) => {
      timeouts.push(timeoutSeconds);
      return { ended: new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))) };
    },
  } as unknown as Client;
  const store = new Cache(log).ensureStore(type);
  const reflector = new Reflector({ type, client, store, namespace: 'bots', clock, log, random: () => 1 });
  const stop = new AbortController();
  const ended = reflector.run(stop.signal);
  const passes = async (ms: number) => {
    await setImmediate();
    clock.advance(ms);
    await setImmediate();
  };
  return { reflector, warnings, timeouts, passes, stop: () => (stop.abort(new Error('over')), ended) };
}

describe('a watch that receives nothing', () => {
  it('is dead after two and a half minutes if the server sends bookmarks', async () => {
    const { warnings, timeouts, passes, stop } = quietWorld({ apiVersion: 'v1', kind: 'Pod', plural: 'pods' });
    await passes(149_000);
    expect(warnings).toEqual([]);
    await passes(2_000);
    expect(warnings).toEqual([expect.stringContaining('a watch received nothing for 150000 ms')]);
    expect(timeouts[0]).toBe(600);
    await stop();
  });

  it('is alive if the server sends no bookmarks, until it should have ended the watch', async () => {
    const events = { apiVersion: 'v1', kind: 'Event', plural: 'events', withoutBookmarks: true };
    const { reflector, warnings, timeouts, passes, stop } = quietWorld(events);
    await passes(240_000);
    expect([warnings, timeouts, reflector.isStuck]).toEqual([[], [240], false]);
    await passes(31_000);
    expect(warnings).toHaveLength(1);
    await stop();
  });
});

describe('an optional type', () => {
  const MONITORS: ResourceType = { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', plural: 'podmonitors', isOptional: true };
  const monitor = {
    apiVersion: MONITORS.apiVersion,
    kind: 'PodMonitor',
    metadata: { name: 'one', namespace: 'bots', uid: 'u', resourceVersion: '5' },
  };

  it.each([
    [404, 'NotFound', 'the API server does not know PodMonitor (monitoring.coreos.com/v1): its CustomResourceDefinition is not installed'],
    [403, 'Forbidden', 'the operator lacks permissions for podmonitors, which its Role should grant: refused'],
  ])('counts as listed when the server responds with %i, and is looked for until it is available', async (code, reason, problem) => {
    const refusal = new ApiError('refused', { code, reason });
    const { store, reflector, state, lists, warnings, availability, passes, stop } = optionalWorld(MONITORS, refusal);
    await passes(0);
    expect([reflector.isSynced, store.isSynced, store.unavailableIn('bots')]).toEqual([true, true, problem]);
    expect([lists(), warnings]).toEqual([1, []]);
    await passes(29_000);
    expect([lists(), reflector.isStuck]).toEqual([1, false]);
    await passes(2_000);
    expect(lists()).toBe(2);

    state.refusal = undefined;
    state.items = [monitor];
    await passes(31_000);
    expect([store.unavailableIn('bots'), store.list().length]).toEqual([undefined, 1]);
    expect(availability).toEqual(['bots', 'bots']);

    // The definition is deleted: the server ends the watch, and no longer serves the type.
    state.refusal = refusal;
    state.endWatch();
    await passes(1_000);
    expect([store.unavailableIn('bots'), store.list().length, store.isSynced]).toEqual([problem, 0, true]);
    expect(availability).toEqual(['bots', 'bots', 'bots']);
    await stop();
  });

  it('that is absent is not looked for while no resource needs it', async () => {
    const refusal = new ApiError('refused', { code: 404, reason: 'NotFound' });
    const { store, reflector, state, lists, passes, stop } = optionalWorld(MONITORS, refusal);
    state.isWanted = false;
    for (let minute = 0; minute < 20; minute++) await passes(60_000);
    expect([lists(), reflector.isStuck, reflector.ageMs < 600_000]).toEqual([1, false, true]);
    state.isWanted = true;
    state.refusal = undefined;
    await passes(31_000);
    expect([lists(), store.unavailableIn('bots')]).toEqual([2, undefined]);
    await stop();
  });
});

/** A reflector whose lists are refused while the state says so. */
function optionalWorld(type: ResourceType, refusal: ApiError) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const availability: (string | undefined)[] = [];
  const log: Log = { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent };
  const state = { refusal: refusal as ApiError | undefined, items: [] as KubeObject[], endWatch: silent as () => void, isWanted: true };
  let count = 0;
  const client = {
    list: async () => {
      count++;
      if (state.refusal !== undefined) throw state.refusal;
      return { items: state.items, resourceVersion: '9', continueToken: '' };
    },
    watch: async (_: ResourceType, { signal }: { signal: AbortSignal }) => {
      if (state.refusal !== undefined) throw state.refusal;
      const ended = new Promise<void>((resolve, reject) => {
        state.endWatch = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      return { ended };
    },
  } as unknown as Client;
  const store = new Cache(log, ['bots']).ensureStore(type);
  store.onAvailability((namespace) => void availability.push(namespace));
  const reflector = new Reflector({ type, client, store, namespace: 'bots', clock, log, random: () => 1, isWanted: () => state.isWanted });
  const stop = new AbortController();
  const ended = reflector.run(stop.signal);
  const passes = async (ms: number) => {
    await setImmediate();
    clock.advance(ms);
    await setImmediate();
  };
  return {
    store,
    reflector,
    state,
    lists: () => count,
    warnings,
    availability,
    passes,
    stop: () => (stop.abort(new Error('over')), ended),
  };
}
