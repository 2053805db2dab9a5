import { type ControlPlane, type Kwok, startControlPlane, startKwok } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/kubernetes.ts';
import { startOperator } from './running-operator.ts';
import { botModule, installDefinitions, ipcConfig, newNamespace, untilReady } from './world.ts';

/** A module that uses every part a module can have, with values that the server writes otherwise. */
const everything = {
  ipcConfig: 'net',
  moduleConfig: 'greeting: hi',
  metrics: true,
  mountOperatorApiToken: true,
  restartOnConfigChange: true,
  persistentVolumeClaim: { resources: { requests: { storage: '1024Mi' } } },
  resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { memory: '2048Mi' } },
  env: [
    { name: 'EMPTY', value: '' },
    { name: 'FULL', value: 'x' },
  ],
  livenessProbe: { exec: { command: ['true'] } },
  tolerations: [{ key: 'a', operator: 'Exists' as const }],
  podLabels: { team: 'x' },
};

describe('a second pass over an unchanged world', () => {
  let kube: ControlPlane;
  let kwok: Kwok;
  let namespace: string;

  beforeAll(async () => {
    kube = await startControlPlane({ scheduler: true });
    kwok = await startKwok(kube);
    await installDefinitions(kube);
    namespace = await newNamespace(kube);
    await kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'volume' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/nowhere' } },
    });
  });

  afterAll(async () => {
    await kwok?.stop();
    await kube?.stop();
  });

  // The operator's own URL stands in the pods that get its token: another port would be another template.
  const env = { OPERATOR_API_URL: 'http://operator:9000' };

  const bothReady = () =>
    Promise.all([
      untilReady(kube, { kind: 'botmodule', name: 'full', namespace }, 'Ready'),
      untilReady(kube, { kind: 'botmodule', name: 'plain', namespace }, 'Ready'),
      untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace }, 'Ready'),
    ]);

  /** Makes the operator reconcile everything again without changing anything it acts on. */
  const touch = (value: string) =>
    kube.kubectl(['annotate', 'botmodule,ipcconfig', '--all', '-n', namespace, '--overwrite', `test/touched=${value}`]);

  const template = async (name: string) => JSON.stringify((await kube.get<Deployment>('deployment', name, '-n', namespace)).spec?.template);

  const reconciles = async (url: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return [...text.matchAll(/^controller_runtime_reconcile_total\{.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('sends no request, neither in the same process nor after a restart, and rolls nothing', async () => {
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await kube.apply(ipcConfig('net', namespace), botModule('full', namespace, everything), botModule('plain', namespace));
    await bothReady();
    await touch('once');
    await quiet(() => reconciles(first.url));
    const templates = await Promise.all(['eevee-full-module', 'eevee-plain-module', 'eevee-net-nats'].map(template));

    const before = { writes: await first.writes(), reconciles: await reconciles(first.url) };
    await touch('twice');
    await quiet(() => reconciles(first.url));
    expect(await reconciles(first.url)).toBeGreaterThanOrEqual(before.reconciles + 3);
    expect(await first.writes()).toBe(before.writes);
    await first.stop();

    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await quiet(() => reconciles(second.url));
    expect(await reconciles(second.url)).toBeGreaterThanOrEqual(3);
    expect(await Promise.all(['eevee-full-module', 'eevee-plain-module', 'eevee-net-nats'].map(template))).toEqual(templates);
    await touch('thrice');
    const restarted = await second.writes();
    await quiet(() => reconciles(second.url));
    expect(await second.writes()).toBe(restarted);
  });
});

/** Waits until a count has not moved for a second. */
async function quiet(count: () => Promise<number>): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (performance.now() - since < 1_000) {
    const now = await count();
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
