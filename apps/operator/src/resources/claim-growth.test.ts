import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import { ApiError } from '../controller/errors.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import type { PersistentVolumeClaim } from '../resource-types/kubernetes.ts';
import { ClaimGrowth, GROWTH_RETRY_MS } from './claim-growth.ts';

const claim = (storage: string, deletionTimestamp?: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'chat', name: 'seen-data', uid: 'u-1', ...(deletionTimestamp && { deletionTimestamp }) },
  spec: { resources: { requests: { storage } } },
});

const wanted = { storage: '2Gi', label: 'claim seen-data' };

/** A context whose patches are recorded, and refused as long as there is a refusal. */
function recordingContext() {
  const patches: unknown[] = [];
  const state = { refusal: undefined as Error | undefined };
  const clock = new FakeClock();
  const writer = {
    patch: async (_type: unknown, _key: unknown, patch: unknown) => {
      patches.push(patch);
      if (state.refusal !== undefined) throw state.refusal;
    },
  };
  const context = () => ({ writer, clock, now: clock.now(), signal: new AbortController().signal }) as unknown as ReconcileContext;
  return { patches, state, clock, context };
}

const refused = new ApiError('the storage class does not allow it', { code: 403, reason: 'Forbidden' });

describe('growth of a claim', () => {
  it('requests a larger volume with the preconditions of the caller', async () => {
    const { patches, context } = recordingContext();
    await expect(new ClaimGrowth(10).request(claim('1Gi'), { ...wanted, metadata: { uid: 'u-1' } }, context())).resolves.toEqual({
      outcome: 'requested',
    });
    expect(patches).toEqual([{ metadata: { uid: 'u-1' }, spec: { resources: { requests: { storage: '2Gi' } } } }]);
  });

  it('requests nothing for a claim that is as large, larger or being deleted', async () => {
    const { patches, context } = recordingContext();
    const growth = new ClaimGrowth(10);
    for (const each of [claim('2Gi'), claim('3Gi'), claim('1Gi', '2026-01-01T00:00:00Z')]) {
      await expect(growth.request(each, wanted, context())).resolves.toEqual({ outcome: 'unneeded' });
    }
    expect(patches).toEqual([]);
  });

  it('requests a refused size again only after the delay, however the clock is set, or when another size is wanted', async () => {
    const { patches, state, clock, context } = recordingContext();
    const growth = new ClaimGrowth(10);
    state.refusal = refused;
    const message = 'claim seen-data cannot be grown to 2Gi: the storage class does not allow it';
    await expect(growth.request(claim('1Gi'), wanted, context())).resolves.toEqual({ outcome: 'refused', message, isNew: true });
    clock.advance(GROWTH_RETRY_MS - 1);
    clock.set(2 * GROWTH_RETRY_MS);
    await expect(growth.request(claim('1Gi'), wanted, context())).resolves.toEqual({ outcome: 'refused', message, isNew: false });
    expect(patches).toHaveLength(1);
    await expect(growth.request(claim('1Gi'), { ...wanted, storage: '3Gi' }, context())).resolves.toMatchObject({ isNew: true });
    clock.advance(GROWTH_RETRY_MS);
    clock.set(-86_400_000);
    state.refusal = undefined;
    await expect(growth.request(claim('1Gi'), wanted, context())).resolves.toEqual({ outcome: 'requested' });
  });

  it('throws errors that are not refusals of the API server', async () => {
    const { state, context } = recordingContext();
    state.refusal = new TypeError('a bug');
    await expect(new ClaimGrowth(10).request(claim('1Gi'), wanted, context())).rejects.toBe(state.refusal);
  });
});
