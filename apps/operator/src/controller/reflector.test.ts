import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Cache } from './cache.ts';
import type { Client } from './client.ts';
import { FakeClock } from './clock.ts';
import { Reflector } from './reflector.ts';
import type { Log, ResourceType } from './types.ts';

const silent = () => undefined;

/** A reflector whose watches bring nothing. */
function quietWorld(type: ResourceType) {
  const clock = new FakeClock();
  const warnings: string[] = [];
  const log: Log = { debug: silent, info: silent, warn: (message) => void warnings.push(message), error: silent };
  const timeouts: number[] = [];
  const client = {
    list: async () => ({ items: [], resourceVersion: '1', continueToken: '' }),
    watch: async (_: ResourceType, { timeoutSeconds, signal }: { timeoutSeconds: number; signal: AbortSignal }) => {
      timeouts.push(timeoutSeconds);
      return (async function* quiet() {
        yield* [];
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      })();
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

describe('a watch that brings nothing', () => {
  it('is dead after two and a half minutes where the server sends bookmarks', async () => {
    const { warnings, timeouts, passes, stop } = quietWorld({ apiVersion: 'v1', kind: 'Pod', plural: 'pods' });
    await passes(149_000);
    expect(warnings).toEqual([]);
    await passes(2_000);
    expect(warnings).toEqual([expect.stringContaining('a watch brought nothing for 150000 ms')]);
    expect(timeouts[0]).toBe(600);
    await stop();
  });

  it('is well where the server sends none, until it should have ended the watch', async () => {
    const events = { apiVersion: 'v1', kind: 'Event', plural: 'events', withoutBookmarks: true };
    const { reflector, warnings, timeouts, passes, stop } = quietWorld(events);
    await passes(240_000);
    expect([warnings, timeouts, reflector.isStuck]).toEqual([[], [240], false]);
    await passes(31_000);
    expect(warnings).toHaveLength(1);
    await stop();
  });
});
