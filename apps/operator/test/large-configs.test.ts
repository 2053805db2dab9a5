import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { botModule, untilReady } from './world.ts';

/** Number of keys that fit in 256 KiB. */
const KEYS = 24_000;
const keys = (last = '') => Array.from({ length: KEYS }, (_, index) => `k${index}: 1\n`).join('') + last;

describe('modules with very long configurations', () => {
  const world = useWorld({ nodes: true });

  it('are checked in the background, without delaying others, and can be stopped during that time', async () => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env: { CONCURRENCY: '1' } });
    await kube.apply(
      botModule('good', namespace, { moduleConfig: keys() }),
      botModule('bad', namespace, { moduleConfig: keys('k7: 2\n') }),
    );
    await kube.apply(botModule('small', namespace, { moduleConfig: 'a: 1' }));
    await untilReady(kube, { kind: 'botmodule', name: 'small', namespace }, 'Ready');
    const { message } = await untilReady(kube, { kind: 'botmodule', name: 'bad', namespace }, 'InvalidSpec');
    expect(message).toContain(`spec.moduleConfig is not valid YAML: line ${KEYS + 1}, column 1 (`);
    await untilReady(kube, { kind: 'botmodule', name: 'good', namespace }, 'Ready');
    await kube.kubectl(['patch', 'botmodule', 'bad', '-n', namespace, '--type=merge', '-p', '{"spec":{"enabled":false}}']);
    await untilReady(kube, { kind: 'botmodule', name: 'bad', namespace }, 'Disabled');
    expect(operator.warnings).toEqual([]);
  });
});
