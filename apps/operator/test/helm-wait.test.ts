import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BotModule } from '@eeveebot/crds';
import { type ControlPlane, Helm } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { newNamespace } from './world.ts';

const servers = useWorld({ nodes: true });

describe.each([3, 4] as const)('helm install --wait of Helm %i', (version) => {
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;
  let helm: Helm;
  const folder = mkdtempSync(join(tmpdir(), 'eevee-helm-wait-'));

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await newNamespace(kube);
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    helm = await Helm.withCharts(folder, kube.kubeconfig, version);
  });

  afterAll(async () => {
    await operator?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const install = (release: string, values: object): Promise<string> =>
    helm.run(['install', release, helm.chart('bot'), '-n', namespace, '--wait', '--timeout', '10m', '--values', '-'], {
      input: JSON.stringify(values),
    });
  const module = (name: string, spec: object = {}) => ({ name, spec: { moduleName: name, image: 'team/module:1', ...spec } });
  const ready = async (name: string) =>
    (await kube.get<BotModule>('botmodule', name, '-n', namespace)).status?.conditions?.find(({ type }) => type === 'Ready');

  it('succeeds with a bot that has a disabled module', async () => {
    await install('fine', {
      ipcConfig: { name: 'bot', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } },
      botModules: [module('echo', { ipcConfig: 'bot' }), module('off', { enabled: false })],
    });
    if (version === 4) {
      expect(await ready('echo')).toMatchObject({ status: 'True', reason: 'Ready' });
      expect(await ready('off')).toMatchObject({ status: 'True', reason: 'Disabled' });
    }
  });

  // Helm 3 does not wait for resources of kinds that it does not know.
  if (version === 4) {
    it('fails at once with a module whose configuration is invalid', async () => {
      await expect(install('broken', { botModules: [module('broken', { moduleConfig: '[' })] })).rejects.toThrow(/broken/);
      expect(await ready('broken')).toMatchObject({ status: 'False', reason: 'InvalidSpec' });
    });
  }
});
