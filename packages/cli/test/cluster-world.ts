import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { binary, type ControlPlane, eventually } from '@eeveebot/testing';
import { type Outcome, KUBECTL_EEVEE, runNode } from './eevee.ts';

/** Writes `kubectl`, which is a part of the binary of the tests, into a folder, and returns a PATH with it. */
export function pathWithKubectl(folder: string): string {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'kubectl'), `#!/bin/sh\nexec '${binary('kube')}' kubectl "$@"\n`);
  chmodSync(join(programs, 'kubectl'), 0o755);
  return `${programs}${delimiter}${process.env['PATH'] ?? ''}`;
}

/** Runs `kubectl eevee …`. */
export const kubectlEevee = (
  [command = '', ...args]: readonly string[],
  { path, input = '', kubeconfig }: { readonly path: string; readonly input?: string; readonly kubeconfig: string },
): Promise<Outcome> => runNode([...KUBECTL_EEVEE, command, '--kubeconfig', kubeconfig, ...args], { input, env: { PATH: path } });

export const secret = (namespace: string, name: string, data: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  stringData: data,
});

/** An IpcConfig, with the status that the operator would report. */
export async function createIpcConfig(
  kube: ControlPlane,
  { namespace, name, nats, status }: { namespace: string; name: string; nats: object; status: { ready: boolean; natsHost?: string } },
): Promise<void> {
  const object = { apiVersion: 'eevee.bot/v1', kind: 'IpcConfig', metadata: { name, namespace } };
  await kube.apply({ ...object, spec: { nats } });
  const { ready, natsHost } = status;
  const condition = {
    type: 'Ready',
    status: ready ? 'True' : 'False',
    reason: ready ? 'Ready' : 'NatsNotReady',
    message: ready ? 'NATS is ready' : 'no pod of NATS is ready',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  };
  const patch = JSON.stringify({ status: { conditions: [condition], ...(natsHost === undefined ? {} : { natsHost }) } });
  await kube.kubectl(['patch', 'ipcconfig', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
}

/** The Service of a managed NATS, and a Ready pod behind it whose port is forwarded by the simulated node. */
export async function createNatsPod(kube: ControlPlane, namespace: string, port: number): Promise<void> {
  const labels = { app: 'nats' };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nats', namespace, labels },
    spec: { nodeName: 'kwok-1', containers: [{ name: 'nats', image: 'nats', ports: [{ containerPort: port }] }] },
  };
  const ports = [{ port: 4222, targetPort: port }];
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'eevee-bot-nats', namespace }, spec: { selector: labels, ports } };
  await eventually(() => kube.kubectl(['get', 'serviceaccount', 'default', '-n', namespace]), { what: 'the default service account' });
  await kube.apply(service, pod);
  await kube.kubectl(['wait', '--for=condition=Ready', '--timeout=120s', '-n', namespace, 'pod/nats']);
}
