import { eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { type Asked, startDeafWebhook } from './deaf-webhook.ts';
import { startOperator } from './running-operator.ts';
import { botModule, ipcConfig, untilReady } from './world.ts';

/** More modules than the operator has normal connections and workers. */
const HELD = 20;

/** Two of them take longer than the API server lets a write take, which is 34 seconds. */
const TIMEOUT_SECONDS = 19;

describe('two webhooks that accept requests for one kind and never answer', () => {
  const world = useWorld({ nodes: true });

  it.concurrent.each<[string, Pick<Asked, 'mutates' | 'isIgnored'>, RegExp]>([
    ['at the same time', {}, /(first|second)\.example\.com/],
    // The API server does not know for which it waited.
    [
      'one after the other',
      { mutates: true, isIgnored: true },
      /kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations/,
    ],
  ])('%s are named in the status, and delay no resource that they do not concern', async (_, firstOptions, cause) => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    const about: Asked = {
      ...{ namespace, group: '', resource: 'configmaps', operations: ['CREATE', 'UPDATE'], timeoutSeconds: TIMEOUT_SECONDS },
      probe: ['create', 'configmap', 'probe'],
    };
    await using second = await startDeafWebhook(kube, { ...about, webhookName: 'second.example.com' });
    await using first = await startDeafWebhook(kube, { ...about, webhookName: 'first.example.com', ...firstOptions });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const held = Array.from({ length: HELD }, (_each, index) => `held-${index}`);
    await kube.apply(...held.map((name) => botModule(name, namespace, { moduleConfig: 'a: 1' })));

    let isNamed = false;
    const named = Promise.all(
      held.map((name) =>
        untilReady(kube, { kind: 'botmodule', name, namespace }, 'Pending', 'the API server rejects the change; retrying'),
      ),
    ).then((conditions) => {
      isNamed = true;
      return conditions;
    });
    // If a free module is delayed first, that is the failure of the test.
    named.catch(() => undefined);
    const durationsMs: number[] = [];
    const makeFree = async (): Promise<void> => {
      const startedMs = performance.now();
      const [module, ipc] = [`free-${durationsMs.length}`, `net-${durationsMs.length}`];
      await kube.apply(botModule(module, namespace), ipcConfig(ipc, namespace));
      await untilReady(kube, { kind: 'botmodule', name: module, namespace }, 'Ready');
      await untilReady(kube, { kind: 'ipcconfig', name: ipc, namespace }, 'Ready');
      durationsMs.push(performance.now() - startedMs);
    };
    await eventually(() => makeFree().then(() => isNamed), { what: 'all statuses', intervalMs: 2_000 });
    expect(Math.max(...durationsMs)).toBeLessThan(TIMEOUT_SECONDS * 1000);
    for (const { message } of await named) expect(message).toMatch(cause);

    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await kube.kubectl(['label', 'botmodules', '--all', '-n', namespace, 'look=again']);
    for (const name of held) await untilReady(kube, { kind: 'botmodule', name, namespace }, 'Ready');
    expect(operator.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });
});
