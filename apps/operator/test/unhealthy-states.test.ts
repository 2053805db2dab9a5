import { moduleVolumeClaimName } from '@eeveebot/contract';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../src/resource-types/kubernetes.ts';
import { startOperator } from './running-operator.ts';
import { StateWorld } from './state-world.ts';
import { STATES } from './unhealthy-states.ts';
import { backupSchedule, newNamespace } from './world.ts';

describe('kubectl describe', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(() => {
    ({ kube, s3 } = servers);
  });

  const begin = async () => {
    const world = new StateWorld({ kube, s3, namespace: await newNamespace(kube) });
    return { world, operator: await startOperator({ kubeconfig: kube.kubeconfig, namespace: world.namespace }) };
  };

  it.each(STATES)('shows cause and fix of $what', async ({ make, at, condition: [type, status, reason], says, event }) => {
    const { world, operator } = await begin();
    await using _ = operator;
    await make(world);
    const found = await eventually(async () => {
      const condition = await world.condition(at, type);
      const isSo = condition?.status === status && condition.reason === reason && says.every((part) => condition.message.includes(part));
      if (!isSo) throw new Error(`${type} is ${condition?.status} ${condition?.reason}: ${condition?.message}`);
      return condition;
    });
    const text = await eventually(async () => {
      const described = await world.describe(at);
      if (event !== undefined && !new RegExp(`Warning +${event} `).test(described)) throw new Error(described);
      return described;
    });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(found.message.replaceAll(/\s+/g, ' '));
  });

  it('shows a module as Ready whose former pods were evicted', async () => {
    const { world, operator } = await begin();
    await using _ = operator;
    await world.apply(world.module());
    await world.ready('botmodule', 'echo', 'Ready');
    const pods = async () => (await kube.get<{ items: readonly Pod[] }>('pods', '-n', world.namespace)).items;
    const [first] = await pods();
    const evicted = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    await world.kubectl(
      'patch',
      'pod',
      first?.metadata.name ?? '',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: evicted }),
    );
    await eventually(async () => (await pods()).length === 2, { what: 'another pod' });
    await world.ready('botmodule', 'echo', 'Ready');
    await world.kubectl('patch', 'botmodule', 'echo', '--type=merge', '-p', '{"spec":{"size":2}}');
    await world.ready('botmodule', 'echo', 'Ready');
    expect(await world.describe(['botmodule', 'echo'])).toMatch(/Ready Replicas: +2/);
  });

  it('names the ended pods that keep a claim in deletion, and the claim is gone once they are deleted', async () => {
    const { world, operator } = await begin();
    await using _ = operator;
    await world.volume();
    const spec = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };
    await world.apply(...world.store(), backupSchedule('nightly', world.namespace), world.module(spec));
    await world.ready('botmodule', 'echo', 'Ready');
    await world.ready('backupschedule', 'nightly', 'CronJobsCreated');
    await world.kubectl('annotate', 'backupschedule', 'nightly', 'eevee.bot/backup-now=1');
    const backup = ['-l', 'app.kubernetes.io/component=backup'] as const;
    const ended = await eventually(
      async () => {
        const { items } = await kube.get<{ items: readonly Pod[] }>('pods', '-n', world.namespace, ...backup);
        return items.find(({ status }) => status?.phase === 'Succeeded');
      },
      { what: 'a backup that has ended' },
    );
    await world.kubectl('delete', 'pvc', moduleVolumeClaimName('echo'), '--wait=false');
    await world.apply(world.module({ ...spec, size: 0 }));
    const message = `volume claim ${moduleVolumeClaimName('echo')} is being deleted; terminated pods keep it until they are deleted: ${ended.metadata.name}`;
    await eventually(async () => {
      const condition = await world.condition(['botmodule', 'echo'], 'Ready');
      if (condition?.message !== message) throw new Error(`Ready is ${condition?.status} ${condition?.reason}: ${condition?.message}`);
      return true;
    });
    const { uid } = (await kube.get<Pod>('pvc', moduleVolumeClaimName('echo'), '-n', world.namespace)).metadata;
    await world.kubectl('delete', 'pod', ended.metadata.name);
    await eventually(
      async () => {
        const { items } = await kube.get<{ items: readonly Pod[] }>('pvc', '-n', world.namespace);
        return items.every(({ metadata }) => metadata.uid !== uid);
      },
      { what: 'the claim to go' },
    );
  });
});
