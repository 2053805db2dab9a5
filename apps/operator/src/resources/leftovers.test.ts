import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fixtures/fake-clock.ts';
import type { KubeObject, OwnerReference } from '../controller/objects/kube-object.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { BOT_MODULE } from '../resource-types/kinds.ts';
import { DEPLOYMENT } from '../resource-types/kubernetes.ts';
import { removingLeftovers } from './leftovers.ts';

const kind = { apiVersion: 'eevee.bot/v1', kind: 'BotModule' };
const module: KubeObject = { ...kind, metadata: { name: 'echo', namespace: 'bots', uid: 'present' } };
const owner = (uid: string, more: object = {}): OwnerReference => ({ ...kind, name: 'echo', uid, controller: true, ...more });
const deployment = (...ownerReferences: readonly OwnerReference[]): KubeObject => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
  metadata: { name: 'eevee-echo-module', namespace: 'bots', uid: 'deployment', ownerReferences },
});

/** Reconciles the module of the cache twice, 15 seconds apart. */
async function reconciled(found: KubeObject | undefined, current: KubeObject | undefined = module) {
  const clock = new FakeClock();
  const [deleted, events, requeued]: [string[], string[], (number | undefined)[]] = [[], [], []];
  const context = {
    cache: { store: () => ({ get: () => module }) },
    writer: {
      read: () => Promise.resolve(current),
      delete: (_type: unknown, { metadata }: KubeObject) => Promise.resolve(deleted.push(metadata.name) > 0),
    },
    events: { record: (_resource: unknown, { message }: { message: string }) => void events.push(message) },
    signal: new AbortController().signal,
    clock,
  } as unknown as ReconcileContext;
  const reconcile = removingLeftovers(() => Promise.resolve({ requeueAfterMs: 60_000 }), {
    type: BOT_MODULE,
    objects: () => [{ type: DEPLOYMENT, object: found }],
  });
  for (const afterMs of [15_000, 0]) {
    requeued.push((await reconcile({ namespace: 'bots', name: 'echo' }, context))?.requeueAfterMs);
    if (afterMs > 0) expect(deleted, 'deleted at once').toEqual([]);
    clock.advance(afterMs);
  }
  return { deleted, events, requeued };
}

describe('an object of a deleted resource whose name a new one has', () => {
  it('is deleted if the garbage collector has left it for 15 s', async () => {
    const { deleted, events, requeued } = await reconciled(deployment(owner('former')));
    expect([deleted, requeued[0]]).toEqual([['eevee-echo-module'], 15_000]);
    expect(events).toEqual([
      'Deleted Deployment eevee-echo-module of a deleted BotModule of this name, which the garbage collector had left',
    ]);
  });

  it.each<[string, KubeObject | undefined]>([
    ['does not exist', undefined],
    ['belongs to the present resource', deployment(owner('present'))],
    ['belongs to a resource of another name', deployment(owner('former', { name: 'other' }))],
    ['has another owner', deployment(owner('former'), owner('more', { kind: 'Other', controller: false }))],
    ['has no owner', deployment()],
  ])('stays if it %s', async (_, found) => {
    expect(await reconciled(found)).toMatchObject({ deleted: [], requeued: [60_000, 60_000] });
  });

  it('stays if the cache is behind and the object belongs to a resource that is newer than the known one', async () => {
    const newer = { ...module, metadata: { ...module.metadata, uid: 'newer' } };
    expect((await reconciled(deployment(owner('newer')), newer)).deleted).toEqual([]);
  });
});
