import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, Helm } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeEverything } from './everything.ts';
import { foreignDefinition } from './foreign-definitions.ts';
import { startOperator } from './running-operator.ts';
import { ipcConfig, makeVolumes, newNamespace, untilReady } from './world.ts';

const RELEASE = 'eevee';

describe('the permissions that the chart grants', () => {
  const servers = useWorld({ nodes: true, s3: true });
  const folder = mkdtempSync(join(tmpdir(), 'eevee-charts-'));
  let helm: Helm;

  beforeAll(async () => {
    const { kube } = servers;
    helm = await Helm.withCharts(folder, kube.kubeconfig);
    await kube.apply(foreignDefinition('Certificate'), foreignDefinition('PodMonitor'));
    await makeVolumes(
      kube,
      Array.from({ length: 8 }, (_, index) => `volume-${index}`),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['its own namespace', () => [], (own: string) => own],
    ['namespaces of a list', (other: string) => [`watchNamespaces={${other}}`], (_: string, other: string) => other],
    ['all namespaces', () => ['watchOtherNamespaces=true'], (_: string, other: string) => other],
  ] as const)('are enough for everything that the operator does in %s', async (_mode, sets, watched) => {
    const { kube, s3 } = servers;
    const [own, other] = [await newNamespace(kube), await newNamespace(kube)];
    const settings = sets(other).flatMap((set) => ['--set', `operator.operator.env.${set}`]);
    await helm.run(['install', RELEASE, helm.chart('operator'), '--namespace', own, ...settings]);
    const groups = ['system:serviceaccounts', `system:serviceaccounts:${own}`, 'system:authenticated'];
    const kubeconfig = await kube.kubeconfigFor(`system:serviceaccount:${own}:${RELEASE}-operator`, groups);
    const env = {
      ...(settings.join().includes('watchNamespaces') && { WATCH_NAMESPACES: other }),
      ...(settings.join().includes('watchOtherNamespaces') && { WATCH_OTHER_NAMESPACES: 'true' }),
      LEADER_ELECTION: 'true',
      OPERATOR_API_URL: 'http://operator:9000',
    };
    await using operator = await startOperator({ kubeconfig, namespace: own, env });
    const namespace = watched(own, other);
    await makeEverything({ kube, s3, namespace });

    const nats = { token: { generate: true }, managed: { enabled: true, replicas: 3 }, tls: { issuerRef: { name: 'ca' } } };
    await kube.apply(ipcConfig('issued', namespace, nats));
    await eventually(() => kube.get('certificates.cert-manager.io', 'eevee-issued-nats', '-n', namespace), { what: 'a certificate' });
    const change = (kind: string, name: string, spec: object) =>
      kube.kubectl(['patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
    await change('botmodule', 'full', { podMonitor: { enabled: true }, size: 2 });
    await eventually(() => kube.get('podmonitors.monitoring.coreos.com', 'eevee-full-module', '-n', namespace), { what: 'a PodMonitor' });
    await change('botmodule', 'full', { podMonitor: null, size: 1, service: null, enabled: false });
    await change('ipcconfig', 'net', { nats: { managed: { enabled: false }, external: { host: 'nats://nats.example' } } });
    await untilReady(kube, { kind: 'botmodule', name: 'full', namespace }, 'Disabled');
    await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace }, 'Ready');
    await kube.kubectl(['delete', 'backuprestores,backupschedules,botmodules,ipcconfigs,s3stores', '--all', '-n', namespace]);
    await operator.idle();
    expect(operator.warnings.filter((line) => line.includes('forbidden'))).toEqual([]);
  });
});
