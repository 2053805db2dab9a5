import type { BotModule } from '@eeveebot/crds';
import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import type { Deployment, PodDisruptionBudget, Service } from '../src/resource-types/kubernetes.ts';
import type { PodMonitor } from '../src/resources/bot-module/desired/pod-monitor.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { botModule, newNamespace, untilReady } from './world.ts';

describe('BotModule with objects beside its pods', () => {
  const servers = useWorld({ nodes: true });
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await newNamespace(kube);
    operator = await startOperator({
      kubeconfig: kube.kubeconfig,
      namespace,
      reflectorTimes: { ...DEFAULT_REFLECTOR_TIMES, optionalTypeMs: 200 },
    });
  });

  afterAll(async () => {
    await operator?.stop();
  });

  const ready = (name: string, reason = 'Ready') => untilReady(kube, { kind: 'botmodule', name, namespace }, reason);
  const patch = (name: string, spec: object) =>
    kube.kubectl(['patch', 'botmodule', name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
  const isGone = (kind: string, name: string) =>
    eventually(async () => (await kube.kubectl(['get', kind, `eevee-${name}-module`, '-n', namespace, '--ignore-not-found'])) === '');
  const inSync = async (name: string) => {
    const { status } = await kube.get<BotModule>('botmodule', name, '-n', namespace);
    return status?.conditions?.find(({ type }) => type === 'ExtrasInSync');
  };
  const secret = (name: string, value: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData: { KEY: value },
  });

  it('has a Service while its spec has one', async () => {
    await kube.apply(botModule('served', namespace, { service: { port: 80, ports: [{ name: 'hook', port: 81, targetPort: 8081 }] } }));
    await ready('served');
    const { spec } = await kube.get<Service>('service', 'eevee-served-module', '-n', namespace);
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      selector: { app: 'eevee.bot', 'eevee.bot/module': 'served' },
      ports: [
        { name: 'metrics', port: 80, targetPort: 'metrics' },
        { name: 'hook', port: 81, targetPort: 8081 },
      ],
    });
    expect(await inSync('served')).toMatchObject({ status: 'True', reason: 'Applied' });
    await patch('served', { service: null });
    await isGone('service', 'served');
    await eventually(async () => (await inSync('served')) === undefined);
  });

  it('has a disruption budget while it runs several pods', async () => {
    await kube.apply(botModule('many', namespace, { size: 2 }));
    await ready('many');
    const { spec } = await kube.get<PodDisruptionBudget>('poddisruptionbudget', 'eevee-many-module', '-n', namespace);
    expect(spec).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
    await patch('many', { size: 1 });
    await isGone('poddisruptionbudget', 'many');
    await patch('many', { size: 3 });
    await eventually(() => kube.get('poddisruptionbudget', 'eevee-many-module', '-n', namespace));
    await patch('many', { enabled: false });
    await isGone('poddisruptionbudget', 'many');
  });

  it("replaces its pods one after the other while a user's claim may have a single writer", async () => {
    const strategy = async () => (await kube.get<Deployment>('deployment', 'eevee-shares-module', '-n', namespace)).spec?.strategy;
    const claim = (accessMode: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'theirs', namespace },
      spec: { accessModes: [accessMode], resources: { requests: { storage: '1Gi' } } },
    });
    const remove = () => kube.kubectl(['delete', 'pvc', 'theirs', '-n', namespace]);
    const volumes = [{ name: 'shared', persistentVolumeClaim: { claimName: 'theirs' } }];
    await kube.apply(botModule('shares', namespace, { size: 0, volumes, volumeMounts: [{ name: 'shared', mountPath: '/shared' }] }));
    await ready('shares');
    expect(await strategy()).toEqual({ type: 'Recreate' });
    await kube.apply(claim('ReadWriteMany'));
    await eventually(async () => (await strategy())?.type === 'RollingUpdate');
    await remove();
    await eventually(async () => (await strategy())?.type === 'Recreate');
    await kube.apply(claim('ReadWriteMany'));
    await eventually(async () => (await strategy())?.type === 'RollingUpdate');
    await remove();
    await kube.apply(claim('ReadWriteOnce'));
    await eventually(async () => (await strategy())?.type === 'Recreate');
    await patch('shares', { volumeMounts: [{ name: 'shared', mountPath: '/shared', readOnly: true }] });
    await eventually(async () => (await strategy())?.type === 'RollingUpdate');
  });

  it("keeps a user's Service of the same name, reports it, and runs", async () => {
    const ports = [{ port: 1234, protocol: 'TCP' }];
    await kube.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'eevee-taken-module', namespace }, spec: { ports } });
    await kube.apply(botModule('taken', namespace, { service: {} }));
    await ready('taken');
    await eventually(async () => (await inSync('taken'))?.reason === 'NotApplied');
    expect((await inSync('taken'))?.message).toContain('Service eevee-taken-module was not created for this module and is not changed');
    await patch('taken', { service: null });
    await eventually(async () => (await inSync('taken')) === undefined);
    expect((await kube.get<Service>('service', 'eevee-taken-module', '-n', namespace)).spec?.ports).toMatchObject(ports);
  });

  it('takes back its objects that have lost their owner', async () => {
    await kube.apply(botModule('orphaned', namespace, { service: {}, size: 2 }));
    await ready('orphaned');
    const owner = async (kind: string) =>
      (await kube.get<Service>(kind, 'eevee-orphaned-module', '-n', namespace)).metadata.ownerReferences?.[0]?.uid;
    const uid = await owner('service');
    for (const kind of ['service', 'poddisruptionbudget']) {
      await kube.kubectl([
        'patch',
        kind,
        'eevee-orphaned-module',
        '-n',
        namespace,
        '--type=merge',
        '-p',
        '{"metadata":{"ownerReferences":[]}}',
      ]);
      await eventually(async () => (await owner(kind)) === uid, { what: `${kind} to be owned again` });
    }

    await kube.kubectl(['delete', 'botmodule', 'orphaned', '-n', namespace, '--cascade=orphan']);
    await eventually(async () => (await owner('service')) === undefined, { what: 'the Service to be an orphan' });
    await kube.apply(botModule('orphaned', namespace, { service: { port: 81 }, size: 2 }));
    await eventually(async () => (await inSync('orphaned'))?.reason === 'Applied');
    const { metadata } = await kube.get<BotModule>('botmodule', 'orphaned', '-n', namespace);
    expect([await owner('service'), await owner('poddisruptionbudget')]).toEqual([metadata.uid, metadata.uid]);
    expect((await kube.get<Service>('service', 'eevee-orphaned-module', '-n', namespace)).spec?.ports).toMatchObject([{ port: 81 }]);
  });

  describe('PodMonitor', () => {
    const scraped = (name: string, podMonitor: object = {}) => botModule(name, namespace, { metrics: true, podMonitor });
    const podMonitor = (name: string) => kube.get<PodMonitor>('podmonitors.monitoring.coreos.com', `eevee-${name}-module`, '-n', namespace);

    it('is reported as missing on a cluster without the kind, and created once the kind exists, without a restart', async () => {
      await kube.apply(scraped('early', { interval: '30s', scrapeTimeout: '10s', labels: { release: 'prometheus' } }));
      await ready('early');
      await eventually(async () => (await inSync('early'))?.reason === 'KindNotAvailable');
      expect((await inSync('early'))?.message).toBe(
        'spec.podMonitor: no PodMonitor is created because the API server does not know PodMonitor (monitoring.coreos.com/v1): its CustomResourceDefinition is not installed',
      );
      await eventually(async () =>
        (await kube.kubectl(['get', 'events', '-n', namespace, '--field-selector=involvedObject.name=early'])).includes('KindNotAvailable'),
      );
      expect(operator.warnings.filter((line) => /early|PodMonitor|podmonitors/.test(line))).toEqual([]);

      await kube.apply(POD_MONITORS);
      const made = await eventually(() => podMonitor('early'));
      expect(made.metadata.labels).toMatchObject({ release: 'prometheus', 'eevee.bot/module': 'early' });
      expect(made.metadata.ownerReferences).toMatchObject([{ kind: 'BotModule', name: 'early', controller: true }]);
      expect(made.spec).toEqual({
        selector: { matchLabels: { app: 'eevee.bot', 'eevee.bot/module': 'early' } },
        podMetricsEndpoints: [{ port: 'metrics', path: '/metrics', interval: '30s', scrapeTimeout: '10s' }],
      });
      await eventually(async () => (await inSync('early'))?.status === 'True');
    });

    it('follows spec.podMonitor, and is deleted with it', async () => {
      await kube.apply(POD_MONITORS, scraped('followed'));
      await eventually(() => podMonitor('followed'));
      await patch('followed', { podMonitor: { interval: '15s' } });
      await eventually(async () => (await podMonitor('followed')).spec.podMetricsEndpoints[0]?.interval === '15s');
      await kube.kubectl(['delete', 'podmonitors.monitoring.coreos.com', 'eevee-followed-module', '-n', namespace]);
      await eventually(() => podMonitor('followed'));
      await patch('followed', { podMonitor: { enabled: false } });
      await isGone('podmonitors.monitoring.coreos.com', 'followed');
      await patch('followed', { podMonitor: { enabled: true } });
      await eventually(() => podMonitor('followed'));
      await patch('followed', { podMonitor: null });
      await isGone('podmonitors.monitoring.coreos.com', 'followed');
      await eventually(async () => (await inSync('followed')) === undefined);
    });

    it('of a user is kept, with or without spec.podMonitor', async () => {
      const spec = { selector: { matchLabels: { app: 'mine' } }, podMetricsEndpoints: [{ port: 'mine' }] };
      const metadata = { name: 'eevee-theirs-module', namespace };
      await kube.apply(POD_MONITORS, { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', metadata, spec });
      await kube.apply(scraped('theirs'));
      await ready('theirs');
      await eventually(async () => (await inSync('theirs'))?.reason === 'NotApplied');
      expect((await inSync('theirs'))?.message).toContain('PodMonitor eevee-theirs-module was not created for this module');
      await patch('theirs', { podMonitor: null });
      await eventually(async () => (await inSync('theirs')) === undefined);
      expect((await podMonitor('theirs')).spec).toEqual(spec);
    });

    it('is rejected if it has nothing to scrape, and not created if Prometheus would refuse it', async () => {
      await expect(kube.apply(botModule('silent', namespace, { podMonitor: {} }))).rejects.toThrow('podMonitor needs metrics');
      await expect(kube.apply(scraped('odd', { interval: '30 seconds' }))).rejects.toThrow('must be a duration of Prometheus');
      await expect(kube.apply(scraped('slow', { interval: '30s', scrapeTimeout: '1m' }))).rejects.toThrow('longer than interval');
      // The definition does not compare numbers of this length.
      await kube.apply(POD_MONITORS, scraped('slow', { interval: '30s', scrapeTimeout: '10000000s' }));
      await eventually(async () => (await inSync('slow'))?.message.includes('is longer than interval 30s'));
    });

    it('is reported as missing again when the kind is deleted, and blocks nothing else', async () => {
      await kube.apply(POD_MONITORS, scraped('late'));
      await eventually(() => podMonitor('late'));
      await kube.kubectl(['delete', 'crd', 'podmonitors.monitoring.coreos.com']);
      await eventually(async () => (await inSync('late'))?.reason === 'KindNotAvailable');
      await patch('late', { service: {}, size: 2 });
      await eventually(() => kube.get('service', 'eevee-late-module', '-n', namespace));
      await ready('late');
    });
  });

  it('rolls on a change of a Secret with its variables only if restartOnSecretChange is set, and contains no value of it', async () => {
    const template = async (name: string) =>
      (await kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', namespace)).spec?.template;
    const fields = {
      envSecret: { name: 'one' },
      envFrom: [{ secretRef: { name: 'two' } }, { secretRef: { name: 'none', optional: true } }],
    };
    await kube.apply(secret('one', 'first-value'), secret('two', 'second-value'));
    await kube.apply(botModule('rolled', namespace, { ...fields, restartOnSecretChange: true }), botModule('still', namespace, fields));
    await ready('rolled');
    await ready('still');
    const [before, still] = [await template('rolled'), await template('still')];
    for (const name of ['one', 'two']) {
      const known = JSON.stringify(await template('rolled'));
      await kube.apply(secret(name, 'changed-value'));
      await eventually(async () => JSON.stringify(await template('rolled')) !== known);
    }
    const after = await template('rolled');
    expect({ ...after, metadata: {} }).toEqual({ ...before, metadata: {} });
    expect(JSON.stringify(after)).not.toMatch(/value-?changed|changed-value/);
    expect(await template('still')).toEqual(still);
    // New pods could not start without the Secret: running pods stay.
    await kube.kubectl(['delete', 'secret', 'one', '-n', namespace]);
    await patch('rolled', { revisionHistoryLimit: 3 });
    await eventually(
      async () => (await kube.get<Deployment>('deployment', 'eevee-rolled-module', '-n', namespace)).spec?.revisionHistoryLimit === 3,
    );
    expect(await template('rolled')).toEqual(after);
  });
});

/** The part of prometheus-operator that the API server needs. */
const POD_MONITORS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'podmonitors.monitoring.coreos.com' },
  spec: {
    group: 'monitoring.coreos.com',
    scope: 'Namespaced',
    names: { kind: 'PodMonitor', plural: 'podmonitors' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
