import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Helm } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChartCluster, startChartCluster } from './cluster.ts';

const UPSTREAM_VALUES = fileURLToPath(new URL('upstream-values.yaml', import.meta.url));

describe.each([3, 4] as const)('an upgrade by Helm %i', (version) => {
  let cluster: ChartCluster;
  let helm: Helm;

  beforeAll(async () => {
    cluster = await startChartCluster();
    helm = await Helm.withCharts(join(cluster.folder, 'upgrades'), cluster.kube.kubeconfig, version);
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  it('from an older chart takes the values of the user, but not the defaults of that chart', async () => {
    const old = join(cluster.folder, 'old');
    mkdirSync(join(old, 'templates'), { recursive: true });
    writeFileSync(join(old, 'Chart.yaml'), JSON.stringify({ apiVersion: 'v2', name: 'operator', version: '3.0.0' }));
    writeFileSync(join(old, 'templates/none.yaml'), JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'old' } }));
    cpSync(UPSTREAM_VALUES, join(old, 'values.yaml'));
    await helm.run(['install', 'eevee', old, '--set', 'operator.replicas=2']);
    const upgrade = (option: string): Promise<string> => helm.run(['upgrade', 'eevee', helm.chart('operator'), option]);
    const kubectl = (...args: readonly string[]): Promise<string> => cluster.kube.kubectl(['get', ...args]);

    await expect(upgrade('--reuse-values')).rejects.toThrow(/missing propert.*'otherOperators'/);
    expect(await kubectl('configmap', 'old', '-o', 'name')).toBe('configmap/old\n');
    expect(await kubectl('deployments', '-o', 'name')).toBe('');
    await upgrade('--reset-then-reuse-values');
    expect(await kubectl('deployment', 'eevee-operator', '-o', 'jsonpath={.spec.replicas}')).toBe('2');
    await upgrade('--reuse-values');
    await helm.run(['uninstall', 'eevee']);
  });

  it('keeps the size that an autoscaler or kubectl has set, if the values do not contain one', async () => {
    const upgrade = (spec: object, ...args: readonly string[]): Promise<string> =>
      helm.run(['upgrade', '--install', 'eevee', helm.chart('eevee'), '--values', '-', ...args], {
        input: JSON.stringify({ bot: { botModules: [{ name: 'dice', spec: { moduleName: 'dice', image: 'example/dice:1', ...spec } }] } }),
      });
    const size = (): Promise<string> => cluster.kube.kubectl(['get', 'botmodule', 'dice', '-o', 'jsonpath={.spec.size}']);
    await upgrade({});
    await cluster.kube.kubectl(['scale', 'botmodule', 'dice', '--replicas=3']);
    await upgrade({ metrics: true });
    expect(await size()).toBe('3');
    await upgrade({ metrics: true, size: 2 });
    await cluster.kube.kubectl(['scale', 'botmodule', 'dice', '--replicas=3']);
    if (version === 3) return;
    await expect(upgrade({ size: 2 })).rejects.toThrow('conflict with "kubectl" with subresource "scale" using eevee.bot/v1: .spec.size');
    await upgrade({ size: 2 }, '--force-conflicts');
    expect(await size()).toBe('2');
  });
});
