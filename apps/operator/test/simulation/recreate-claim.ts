import { defined, LABEL, moduleVolumeClaimName } from '@eeveebot/contract';
import { setTimeout as pause } from 'node:timers/promises';
import type { PersistentVolumeClaim } from '../../src/resource-types/kubernetes.ts';
import type { Stage } from './stage.ts';

/** Time in which a claim that no pod uses is removed. */
const REMOVED_WITHIN_MS = 3_000;
/** Time in which the pods of a module end. */
const STOPPED_WITHIN_MS = 6_000;
const INTERVAL_MS = 50;

/** Time for which the operator sees neither the deletion nor the new claim. */
const UNSEEN_MS = 2_000;

/** Stops a module, deletes its claim, and creates it again from its manifest, with the marks of the former one. A claim in use only goes later. */
export async function recreateClaim(
  module: string,
  { cluster, namespace, operator }: Pick<Stage, 'cluster' | 'namespace' | 'operator'>,
): Promise<void> {
  const name = moduleVolumeClaimName(module);
  const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(['-n', namespace, ...args]);
  const { metadata } = await cluster.kube.get<PersistentVolumeClaim>('pvc', name, '-n', namespace);
  const { labels, annotations = {} } = metadata;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => key.includes('eevee.bot/')));
  const resize = (size: number): Promise<string> =>
    kubectl('patch', 'botmodule', module, '--type=merge', '-p', JSON.stringify({ spec: { size } }));
  await resize(0);
  await within(STOPPED_WITHIN_MS, async () => (await kubectl('get', 'pods', '-l', `${LABEL.module}=${module}`, '-o', 'name')) === '');
  operator.api.lag('persistentvolumeclaims', UNSEEN_MS);
  await kubectl('delete', 'pvc', name, '--wait=false');
  if (await within(REMOVED_WITHIN_MS, async () => (await kubectl('get', 'pvc', name, '--ignore-not-found', '-o', 'name')) === '')) {
    const wanted = { name, namespace, annotations: kept, ...defined({ labels }) };
    await cluster.objects.create({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: wanted },
      ...{ spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    });
  }
  await resize(1);
}

/** Whether something became true within a time. */
async function within(limitMs: number, isTrue: () => Promise<boolean>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += INTERVAL_MS) {
    if (await isTrue()) return true;
    await pause(INTERVAL_MS);
  }
  return false;
}
