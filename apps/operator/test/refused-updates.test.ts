import type { BotModule } from '@eeveebot/crds';
import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { DENIAL, type Denied, deny } from './denied-requests.ts';
import { foreignDefinition } from './foreign-definitions.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, limitObjects, makeVolumes, s3Store, untilReady } from './world.ts';

const NATS_CLUSTER = { managed: { enabled: true, replicas: 3 }, token: { generate: true } };
const JETSTREAM = { managed: { enabled: true, jetstream: { enabled: true } }, token: { generate: true } };

/** A refused request for an object that the operator makes. */
interface Row extends Pick<Denied, 'group' | 'resource' | 'operation'> {
  /** A request of that kind, for `kubectl`. */
  readonly probe: readonly string[];
  /** Resource whose status must name the cause. */
  readonly of: readonly [kind: string, name: string];
  /** Requires the refused request, and something else. */
  readonly change: object;
}

const annotate = (kind: string, name: string) => ['annotate', kind, name, 'probe=yes', '--overwrite'];
const echo = (image: string, more: object) => ({ spec: { image: `eevee/echo:${image}`, ...more } });

/** Changes of a module: each also changes its image, which must reach the Deployment unless that is refused. */
const OF_MODULE: readonly Row[] = [
  {
    ...{ group: '', resource: 'configmaps', operation: 'UPDATE', of: ['botmodule', 'echo'] },
    probe: annotate('configmap', 'eevee-echo-module-config'),
    change: echo('configmaps', { moduleConfig: 'a: 2' }),
  },
  {
    ...{ group: '', resource: 'persistentvolumeclaims', operation: 'UPDATE', of: ['botmodule', 'data'] },
    probe: annotate('pvc', 'eevee-data-module-pvc'),
    // The claim gets a label that names the schedule.
    change: echo('claims', { backupSchedule: { name: 'nightly' } }),
  },
  {
    ...{ group: '', resource: 'services', operation: 'UPDATE', of: ['botmodule', 'echo'] },
    probe: annotate('service', 'eevee-echo-module'),
    change: echo('services', { service: { port: 81 } }),
  },
  {
    ...{ group: 'policy', resource: 'poddisruptionbudgets', operation: 'CREATE', of: ['botmodule', 'plain'] },
    probe: ['create', 'poddisruptionbudget', 'probe', '--selector=a=b', '--min-available=1'],
    change: echo('budgets', { size: 2 }),
  },
  {
    ...{ group: 'monitoring.coreos.com', resource: 'podmonitors', operation: 'UPDATE', of: ['botmodule', 'echo'] },
    probe: annotate('podmonitor', 'eevee-echo-module'),
    change: echo('monitors', { podMonitor: { interval: '1m' } }),
  },
];

const OF_OTHERS: readonly Row[] = [
  {
    ...{ group: 'apps', resource: 'deployments', operation: 'UPDATE', of: ['botmodule', 'echo'] },
    probe: annotate('deployment', 'eevee-echo-module'),
    change: { spec: { podAnnotations: { changed: 'yes' } } },
  },
  {
    ...{ group: '', resource: 'secrets', operation: 'UPDATE', of: ['ipcconfig', 'net'] },
    probe: annotate('secret', 'eevee-net-nats-config'),
    change: { metadata: { annotations: { 'eevee.bot/rotate-token': '1' } } },
  },
  {
    ...{ group: 'apps', resource: 'statefulsets', operation: 'UPDATE', of: ['ipcconfig', 'jet'] },
    probe: annotate('statefulset', 'eevee-jet-nats'),
    change: { spec: { nats: { managed: { podLabels: { changed: 'yes' } } } } },
  },
  {
    ...{ group: 'batch', resource: 'cronjobs', operation: 'UPDATE', of: ['backupschedule', 'nightly'] },
    probe: annotate('cronjob', 'nightly-echo-backup'),
    change: { spec: { schedule: '15 4 * * *' } },
  },
  {
    ...{ group: 'batch', resource: 'jobs', operation: 'CREATE', of: ['backupschedule', 'nightly'] },
    probe: ['create', 'job', 'probe', '--image=a'],
    change: { metadata: { annotations: { 'eevee.bot/backup-now': '1' } } },
  },
];

describe('a policy that begins to refuse', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let namespace: string;
  let operator: RunningOperator;

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await servers.newNamespace();
    await kube.apply(foreignDefinition('PodMonitor'));
    await makeVolumes(
      kube,
      Array.from({ length: 4 }, (_, index) => `volume-${index}`),
    );
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const extras = { metrics: true, service: { port: 80 }, podMonitor: {}, moduleConfig: 'a: 1', persistentVolumeClaim: {} };
    await kube.apply(...s3Store('store', namespace, servers.s3), backupSchedule('nightly', namespace));
    await kube.apply(botModule('echo', namespace, { ...extras, backupSchedule: { name: 'nightly' } }));
    await kube.apply(
      botModule('plain', namespace),
      botModule('data', namespace, { persistentVolumeClaim: {} }),
      ipcConfig('net', namespace),
      ipcConfig('jet', namespace, JETSTREAM),
    );
    for (const name of ['echo', 'data', 'plain']) await ready('botmodule', name, 'Ready');
    await ready('ipcconfig', 'net', 'Ready');
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
    await eventually(() => kube.get('statefulset', 'eevee-jet-nats', '-n', namespace), { what: 'the StatefulSet' });
    await eventually(() => kube.get('cronjob', 'nightly-echo-backup', '-n', namespace), { what: 'the CronJob' });
  });
  afterAll(() => operator?.stop());

  const ready = (kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string, part = '') =>
    untilReady(kube, { kind, name, namespace }, reason, part);
  const statusOf = async (kind: string, name: string) =>
    JSON.stringify((await kube.get<{ readonly status?: object }>(kind, name, '-n', namespace)).status ?? {});
  const imageOf = async (module: string) =>
    (await kube.get<Deployment>('deployment', `eevee-${module}-module`, '-n', namespace)).spec?.template.spec?.containers[0]?.image;

  async function warningsOf(name: string): Promise<string> {
    const { items } = await kube.get<{
      items: readonly { readonly type: string; readonly message: string; readonly involvedObject: { readonly name: string } }[];
    }>('events', '-n', namespace);
    return items
      .filter(({ type, involvedObject }) => type === 'Warning' && involvedObject.name === name)
      .map(({ message }) => message)
      .join('\n');
  }

  /** Denies the request of a row, makes the change that requires it, and waits until status and events name the cause. */
  async function refuse({ of: [kind, name], change, probe, ...denied }: Row): Promise<() => Promise<void>> {
    const allow = await deny(kube, { namespace, ...denied }, probe);
    await kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(change)]);
    await eventually(async () => (await statusOf(kind, name)).includes(DENIAL), { what: `${kind} ${name} to name the cause` });
    await eventually(async () => (await warningsOf(name)).includes(DENIAL), { what: 'an event' });
    return async () => {
      await allow();
      await eventually(async () => !(await statusOf(kind, name)).includes(DENIAL), { what: `${kind} ${name} to heal`, timeoutMs: 120_000 });
    };
  }

  it.each(OF_MODULE)('$operation of $resource holds up nothing else of the module', async (row) => {
    const allow = await refuse(row);
    await eventually(async () => (await imageOf(row.of[1])) === (row.change as { spec: { image: string } }).spec.image, {
      what: 'the new image',
    });
    await allow();
  });

  it.each(OF_OTHERS)('$operation of $resource is reported, and the change is made later', async (row) => {
    const allow = await refuse(row);
    const name = `beside-${row.resource}-${row.operation}`.toLowerCase();
    const isOfDeployments = row.resource === 'deployments';
    await kube.apply(botModule(name, namespace));
    if (!isOfDeployments) await ready('botmodule', name, 'Ready');
    await allow();
    await ready('botmodule', name, 'Ready');
  });

  it('DELETE of the StatefulSet of a former NATS is reported, holds up nothing else, and is made later', async () => {
    const external = { managed: { enabled: false, jetstream: null }, external: { host: 'nats.example.com' }, token: { generate: true } };
    const row: Row = {
      ...{ group: 'apps', resource: 'statefulsets', operation: 'DELETE', of: ['ipcconfig', 'jet'] },
      probe: ['delete', 'statefulset', 'eevee-jet-nats'],
      change: { spec: { nats: external } },
    };
    const allow = await refuse(row);
    const { message } = await ready('ipcconfig', 'jet', 'Pending', DENIAL);
    expect(message).toContain('the API server rejects the change; retrying');
    // Modules connect to the new NATS, and the former one no longer has a Service.
    await eventually(async () => (await statusOf('ipcconfig', 'jet')).includes('"natsHost":"nats.example.com"'), { what: 'the new host' });
    const left = (kinds: string) => kube.kubectl(['get', kinds, '-n', namespace, '-l', 'eevee.bot/ipcconfig=jet', '-o', 'name']);
    await eventually(async () => (await left('services,poddisruptionbudgets')) === '', { what: 'the others to be gone' });
    expect(await left('statefulsets')).toContain('eevee-jet-nats');
    await allow();
    await ready('ipcconfig', 'jet', 'Ready', 'external');
    await eventually(async () => (await left('statefulsets,pods')) === '', { what: 'the former NATS to be gone' });
  });

  it('DELETE of the StatefulSet of a deleted IpcConfig is named by its successor, which gets a NATS later', async () => {
    await kube.apply(ipcConfig('again', namespace, NATS_CLUSTER));
    await ready('ipcconfig', 'again', 'Ready');
    const probe = ['delete', 'statefulset', 'eevee-again-nats'];
    const allow = await deny(
      kube,
      { namespace, group: 'apps', resource: 'statefulsets', operation: 'DELETE', isForEverybody: true },
      probe,
    );
    await kube.kubectl(['delete', 'ipcconfig', 'again', '-n', namespace]);
    await kube.apply(ipcConfig('again', namespace, NATS_CLUSTER));
    await ready('ipcconfig', 'again', 'Pending', 'StatefulSet eevee-again-nats');
    await kube.apply(botModule('beside-again', namespace));
    await ready('botmodule', 'beside-again', 'Ready');
    await allow();
    await ready('ipcconfig', 'again', 'Ready');
    expect(operator.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });

  it('the status of a module as invalid is reported by an event and the log, and the status is written later', async () => {
    const probe = ['patch', 'botmodule', 'plain', '--subresource=status', '--type=merge', '-p', '{"status":{"replicas":9}}'];
    const status = { namespace, group: 'eevee.bot', resource: 'botmodules/status', operation: 'UPDATE', reason: 'Invalid' } as const;
    const allow = await deny(kube, status, probe);
    await kube.kubectl(['patch', 'botmodule', 'plain', '-n', namespace, '--type=merge', '-p', '{"spec":{"podAnnotations":{"a":"b"}}}']);
    await eventually(async () => (await warningsOf('plain')).includes('the API server rejects the status'), { what: 'an event' });
    await eventually(() => operator.warnings.some((line) => line.includes(DENIAL) && line.includes('plain')), { what: 'a log line' });
    expect(await operator.metric('controller_runtime_terminal_reconcile_errors_total', { controller: 'botmodule' })).toBeGreaterThan(0);
    await allow();
    await eventually(
      async () => {
        const { metadata, status: found } = await kube.get<BotModule>('botmodule', 'plain', '-n', namespace);
        return found?.observedGeneration === metadata.generation;
      },
      { what: 'the status', timeoutMs: 120_000 },
    );
  });

  it('Services and PodDisruptionBudgets lets NATS run nevertheless', async () => {
    const other = await servers.newNamespace();
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
    await limitObjects(kube, { name: 'none', namespace: other, hard: { services: '0', 'count/poddisruptionbudgets.policy': '0' } });
    await kube.apply(ipcConfig('net', other, NATS_CLUSTER));
    await eventually(() => kube.get('statefulset', 'eevee-net-nats', '-n', other), { what: 'the StatefulSet' });
    await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace: other }, 'Pending', 'exceeded quota');
    await kube.kubectl(['delete', 'resourcequota', 'none', '-n', other]);
    await eventually(() => kube.get('poddisruptionbudget', 'eevee-net-nats', '-n', other), { what: 'the budget', timeoutMs: 120_000 });
    await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace: other }, 'Ready');
    expect(second.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });

  it('a LimitRange at the pods is named by the module, which starts later', async () => {
    const other = await servers.newNamespace();
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace: other });
    const limits = [{ type: 'Container', max: { memory: '16Mi' } }];
    await kube.apply({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'small', namespace: other }, spec: { limits } });
    await kube.apply(botModule('large', other, { resources: { requests: { memory: '32Mi' }, limits: { memory: '32Mi' } } }));
    const named = async () => JSON.stringify((await kube.get<{ status?: object }>('botmodule', 'large', '-n', other)).status ?? {});
    await eventually(async () => (await named()).includes('maximum memory usage per Container'), { what: 'the cause' });
    await kube.kubectl(['delete', 'limitrange', 'small', '-n', other]);
    await untilReady(kube, { kind: 'botmodule', name: 'large', namespace: other }, 'Ready');
    expect(second.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });
});
