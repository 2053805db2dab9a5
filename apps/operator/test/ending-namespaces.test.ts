import type { Pod } from '../src/resource-types/kubernetes.ts';
import { type ControlPlane, eventually, kwokPod } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { quiet } from './quiet.ts';
import { startOperator } from './running-operator.ts';
import { BACKUP_ID } from './use-backup-world.ts';
import {
  backupRestore,
  backupSchedule,
  botModule,
  ipcConfig,
  makeVolumes,
  newNamespace,
  s3Store,
  storeArchive,
  untilReady,
} from './world.ts';

const VOLUME = { persistentVolumeClaim: {} };

/**
 * Ends the pods that are being deleted, as the kubelet does: the Jobs of this project let go of a pod only once it has failed. Kwok removes
 * pods without that, and under load may retry an older change of a pod instead.
 */
async function endDeletedPods(kube: ControlPlane, namespace: string): Promise<void> {
  const { items } = await kube.get<{ items: readonly Pod[] }>('pods', '-n', namespace);
  const failed = JSON.stringify({ status: { phase: 'Failed' } });
  for (const { metadata, status } of items) {
    if (metadata.deletionTimestamp === undefined) continue;
    if (status?.phase !== 'Failed')
      await kube.kubectl(['patch', 'pod', metadata.name, '-n', namespace, '--subresource=status', '--type=merge', '-p', failed]);
    await kube.kubectl(['delete', 'pod', metadata.name, '-n', namespace, '--force', '--wait=false', '--ignore-not-found']);
  }
}

describe('namespace that is being deleted', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;

  beforeAll(async () => {
    ({ kube } = servers);
    await makeVolumes(
      kube,
      Array.from({ length: 10 }, (_, index) => `volume-${index}`),
    );
  });

  /** A bot with NATS, backups and a volume, in operation. */
  async function startBot(namespace: string): Promise<void> {
    storeArchive(servers.s3, { namespace, module: 'echo', id: BACKUP_ID });
    await kube.apply(
      ...s3Store('store', namespace, servers.s3),
      ipcConfig('net', namespace),
      backupSchedule('nightly', namespace, { verification: { schedule: '1 1 * * *' } }),
      botModule('echo', namespace, { ...VOLUME, ipcConfig: 'net', moduleConfig: 'a: 1', backupSchedule: { name: 'nightly' } }),
    );
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated');
  }

  const remove = (namespace: string) => kube.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  /** Waits until a namespace is gone, and ends its pods. A failure names what is left in it. */
  const gone = (namespace: string) =>
    eventually(
      async () => {
        await endDeletedPods(kube, namespace);
        const status = await kube.kubectl(['get', 'namespace', namespace, '-o', 'jsonpath={.status}', '--ignore-not-found']);
        if (status === '') return true;
        const pods = await kube.kubectl(['get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[*].metadata}']);
        throw new Error(`${status}, pods ${pods}`);
      },
      { what: `namespace ${namespace} to be gone`, timeoutMs: 300_000 },
    );

  /** Lets the API server refuse to delete resources of this project in a namespace. @returns function that lifts that. */
  async function keepResources(namespace: string): Promise<() => Promise<unknown>> {
    const name = `keep-${namespace}`;
    await kube.apply(
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: {
            resourceRules: [{ apiGroups: ['eevee.bot'], apiVersions: ['v1'], operations: ['DELETE'], resources: ['*'] }],
          },
          validations: [{ expression: 'false', message: 'it stays' }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: {
          policyName: name,
          validationActions: ['Deny'],
          matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
        },
      },
    );
    const isRefused = () =>
      kube.kubectl(['delete', 'botmodule', 'echo', '-n', namespace, '--dry-run=server']).then(
        () => false,
        () => true,
      );
    await eventually(isRefused, { what: 'the policy to be in force' });
    return () => kube.kubectl(['delete', 'validatingadmissionpolicybinding', name]);
  }

  it.each([{ LEADER_ELECTION: 'true' }, { LEADER_ELECTION: 'false' }])(
    'does not keep the operator from working in others, and causes few requests and no warnings about its resources: %j',
    async (env) => {
      const [own, ending, other] = [await newNamespace(kube), await newNamespace(kube), await newNamespace(kube)];
      await using operator = await startOperator({
        kubeconfig: kube.kubeconfig,
        namespace: own,
        env: { ...env, WATCH_NAMESPACES: `${ending},${other}` },
      });
      await startBot(ending);
      const lift = await keepResources(ending);
      const [before, startedMs] = [await operator.requests(), performance.now()];
      await remove(ending);
      const objects = () => kube.kubectl(['get', 'deployments,cronjobs,services,pods,leases', '-n', ending, '-o', 'name']);
      const isEmpty = async () => {
        await endDeletedPods(kube, ending);
        return (await objects()) === '';
      };
      await eventually(isEmpty, { what: 'its objects to be gone', timeoutMs: 300_000 });
      await quiet(operator, () => operator.requests());
      // A leader also renews its three Leases every two seconds.
      const renewals = (2 * (performance.now() - startedMs)) / 1000;
      expect((await operator.requests()) - before).toBeLessThan(50 + renewals);

      await startBot(other);
      await remove(other);
      await gone(other);
      await kube.createNamespace(other);
      await startBot(other);

      await lift();
      // The namespace controller waits longer after each refusal, unless the namespace changes.
      await kube.kubectl(['annotate', 'namespace', ending, 'eevee.test/policy=lifted']);
      await gone(ending);
      await kube.kubectl(['patch', 'botmodule', 'echo', '-n', other, '--type=merge', '-p', '{"spec":{"size":2}}']);
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace: other }, 'Ready');
      const lines = operator.warnings.filter((line) => !line.startsWith('the Lease of a namespace cannot be taken: working without it'));
      expect(lines).toEqual([]);
    },
  );

  it('ends although a restore runs in it and another one waits', async () => {
    const [own, namespace] = [await newNamespace(kube), await newNamespace(kube)];
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace: own, env: { WATCH_NAMESPACES: namespace } });
    await startBot(namespace);
    const { labels: podLabels, annotations: podAnnotations } = kwokPod.imagePull('not found');
    await kube.apply(backupRestore('back', namespace, 'echo', { podLabels, podAnnotations }));
    await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Running');
    await kube.apply(backupRestore('second', namespace, 'echo', { podLabels, podAnnotations }));
    await untilReady(kube, { kind: 'backuprestore', name: 'second', namespace }, 'Pending');
    await remove(namespace);
    await gone(namespace);
    await operator.idle();
    expect(operator.warnings.filter((line) => line.startsWith('cannot reconcile'))).toEqual([]);
  });
});
