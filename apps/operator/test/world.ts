import { fileURLToPath } from 'node:url';
import type { BotModule, BotModuleSpecInput, Condition, IpcConfig } from '@eeveebot/crds';
import { eventually, type ControlPlane } from '@eeveebot/testing';

const CRDS = fileURLToPath(new URL('../../../crds', import.meta.url));

let namespaces = 0;

/** Installs the definitions and waits until they are served. */
export async function installDefinitions(kube: ControlPlane): Promise<void> {
  await kube.kubectl(['apply', '--server-side', '-f', CRDS]);
  await kube.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', CRDS]);
}

/** A namespace that nobody else uses. */
export async function newNamespace(kube: ControlPlane): Promise<string> {
  const name = `bots-${++namespaces}`;
  await kube.kubectl(['create', 'namespace', name]);
  return name;
}

/** A BotModule as a person writes it. */
export const botModule = (name: string, namespace: string, spec: Partial<BotModuleSpecInput> = {}): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BotModule',
  metadata: { name, namespace },
  spec: { moduleName: name, image: 'eevee/echo:1', ...spec },
});

/** An IpcConfig as a person writes it. */
export const ipcConfig = (
  name: string,
  namespace: string,
  nats: object = { managed: { enabled: true }, token: { generate: true } },
): object => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'IpcConfig',
  metadata: { name, namespace },
  spec: { nats },
});

/** Waits until Ready has this reason at the newest generation. @returns the condition. */
export async function untilReady(
  kube: ControlPlane,
  resource: { readonly kind: 'botmodule' | 'ipcconfig'; readonly name: string; readonly namespace: string },
  reason: string,
): Promise<Condition> {
  const { kind, name, namespace } = resource;
  return eventually(
    async () => {
      const { metadata, status } = await kube.get<BotModule | IpcConfig>(kind, name, '-n', namespace);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      const found = ready?.reason === reason && status?.observedGeneration === metadata.generation;
      if (!found) throw new Error(`Ready is ${ready?.status} ${ready?.reason}: ${ready?.message}`);
      return ready;
    },
    { what: `${kind} ${name} to be ${reason}` },
  );
}
