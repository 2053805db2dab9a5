import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { StoreAccess } from './object-stores.ts';
import { StoreTurns } from './store-turns.ts';

const HANGING = 100;

const store = (name: string, more: Partial<StoreAccess> = {}): StoreAccess => ({
  namespace: 'theirs',
  isReady: false,
  endpoint: `http://${name}`,
  bucket: 'b',
  region: 'r',
  pathStyle: true,
  signatureV2: false,
  credentials: { accessKeyId: 'i', secretAccessKey: 's' },
  ...more,
});

function world() {
  let nowMs = 0;
  const turns = new StoreTurns(() => nowMs);
  const begun: string[] = [];
  const pending = new Set<() => void>();
  const { signal } = new AbortController();
  const ask = (access: StoreAccess) =>
    turns.run(access, signal, () => {
      begun.push(access.endpoint);
      return Promise.resolve();
    });
  return {
    begun,
    ask,
    /** Lets stores hang, two requests each. */
    hang: async (stores: readonly StoreAccess[]) => {
      for (const access of [...stores, ...stores])
        void turns.run(access, signal, () => new Promise<void>((resolve) => void pending.add(resolve)));
      await setImmediate();
    },
    hanging: () => pending.size,
    timeOut: async () => {
      while (pending.size > 0) {
        nowMs += 10_000;
        const ended = [...pending];
        pending.clear();
        for (const end of ended) end();
        await setImmediate();
      }
    },
  };
}

const many = (more: Partial<StoreAccess> = {}) => Array.from({ length: HANGING }, (_, index) => store(`hanging-${index}`, more));

describe('turns of stores', () => {
  it('are left for other namespaces while many new stores of one hang', async () => {
    const { hang, hanging, ask, begun } = world();
    await hang(many());
    expect(hanging()).toBeGreaterThan(1);
    await ask(store('good', { namespace: 'ours' }));
    expect(begun).toEqual(['http://good']);
  });

  it('are left for other namespaces while many stores of one hang that were ready', async () => {
    const { hang, ask, begun } = world();
    await hang(many({ isReady: true }));
    await ask(store('good', { namespace: 'ours' }));
    expect(begun).toEqual(['http://good']);
  });

  it('are left for a store of the same namespace that is known to respond', async () => {
    const { hang, ask, begun } = world();
    await ask(store('known'));
    await hang(many());
    await ask(store('known'));
    await ask(store('ready', { isReady: true }));
    expect(begun).toEqual(['http://known', 'http://known', 'http://ready']);
  });

  it('are left for a new store of the same namespace once the hanging ones have timed out', async () => {
    const { hang, hanging, timeOut, ask, begun } = world();
    await hang(many({ isReady: true }));
    await timeOut();
    await hang(many({ isReady: true }));
    expect(hanging()).toBeGreaterThan(1);
    await ask(store('new'));
    expect(begun).toEqual(['http://new']);
  });

  it('are left for known stores of every namespace while the new stores of many namespaces hang', async () => {
    const { hang, ask, begun } = world();
    for (let index = 0; index < 5; index += 1) await hang(many({ namespace: `theirs-${index}` }));
    await ask(store('good', { namespace: 'ours', isReady: true }));
    expect(begun).toEqual(['http://good']);
  });

  it('of one store are few, whatever namespace names it', async () => {
    const { hang, hanging } = world();
    await hang(Array.from({ length: 9 }, () => store('one')));
    expect(hanging()).toBe(2);
    await hang([store('one', { namespace: 'ours' })]);
    expect(hanging()).toBe(4);
  });

  it('are given back to a store that responds again', async () => {
    const { hang, hanging, timeOut, ask, begun } = world();
    await hang([store('recovered')]);
    await timeOut();
    await ask(store('recovered'));
    begun.length = 0;
    await hang(many());
    const before = hanging();
    await ask(store('recovered'));
    expect({ before, begun }).toEqual({ before: 16, begun: ['http://recovered'] });
  });
});
