import { type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { ApiClient } from './http/api-client.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { botModule, newNamespace, untilReady } from './world.ts';

/** The module's pod has the URL of an operator's own API: two operators would revert each other again and again. */
const contested = { mountOperatorApiToken: true };

describe('two operators', () => {
  const servers = useWorld({ nodes: true });
  let kube: ControlPlane;

  beforeAll(() => {
    ({ kube } = servers);
  });

  const start = (namespace: string, name: string, env: Readonly<Record<string, string>> = {}) =>
    startOperator({
      kubeconfig: kube.kubeconfig,
      namespace,
      env: { OPERATOR_API_URL: `http://${name}:9000`, EEVEE_OPERATOR_API_TOKEN: name, ...env },
      until: '/health',
    });
  const generation = async (namespace: string) =>
    (await kube.get<Deployment>('deployment', 'eevee-echo-module', '-n', namespace)).metadata.generation;
  const urlIn = async (namespace: string) =>
    JSON.stringify((await kube.get<Deployment>('deployment', 'eevee-echo-module', '-n', namespace)).spec?.template);
  const touch = (namespace: string, value: string) =>
    kube.kubectl(['annotate', 'botmodule', 'echo', '-n', namespace, '--overwrite', `test/touched=${value}`]);
  const says = (operator: RunningOperator, text: string) =>
    eventually(() => operator.warnings.some((warning) => warning.includes(text)), { what: `a warning of ${text}` });
  const rivals = async (operator: RunningOperator) =>
    /^eevee_operator_rivals (\d+)$/m.exec(await (await fetch(`${operator.url}/metrics`)).text())?.[1];

  it('in one namespace: the second writes nothing, reports that, and takes over when the first stops', async () => {
    const namespace = await newNamespace(kube);
    const first = await start(namespace, 'first', { OPERATOR_RELEASE: 'bots/first' });
    await kube.apply(botModule('echo', namespace, contested));
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    const before = await generation(namespace);

    await using second = await start(namespace, 'second', { OPERATOR_RELEASE: 'bots/second' });
    await says(second, `another operator of release bots/first`);
    expect(await rivals(second)).toBe('1');
    const readiness = async () => {
      const response = await fetch(`${second.url}/readyz`);
      return response.status === 503 && (await response.text()).includes('another operator of release bots/first');
    };
    await eventually(readiness, { what: 'the second not to be ready' });
    await touch(namespace, 'once');
    await first.idle();
    expect(await generation(namespace)).toBe(before);
    expect(await urlIn(namespace)).toContain('http://first:9000');

    await first.stop();
    await eventually(async () => (await urlIn(namespace)).includes('http://second:9000'), { what: 'the second to take over' });
    expect(await rivals(second)).toBe('0');
  });

  it('of all namespaces and of one: only one of them works in each namespace', async () => {
    const [own, namespace, other] = [await newNamespace(kube), await newNamespace(kube), await newNamespace(kube)];
    await using wide = await start(own, 'wide', { WATCH_OTHER_NAMESPACES: 'true' });
    for (const each of [namespace, other]) {
      await kube.apply(botModule('echo', each, contested));
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace: each }, 'Ready');
    }
    const narrow = await start(namespace, 'narrow');
    await says(wide, `works in namespace ${namespace}`);
    await eventually(async () => (await urlIn(namespace)).includes('http://narrow:9000'), { what: 'the other one to work there' });
    const before = await generation(namespace);
    await touch(namespace, 'once');
    await touch(other, 'once');
    await Promise.all([wide.idle(), narrow.idle()]);
    expect(await generation(namespace)).toBe(before);
    expect(await urlIn(other)).toContain('http://wide:9000');
    await narrow.stop();
    await eventually(async () => (await urlIn(namespace)).includes('http://wide:9000'), { what: 'the first to work there again' });
  });

  it('of a list of namespaces: works in all of the list, and nowhere else', async () => {
    const [own, one, two, outside] = [
      await newNamespace(kube),
      await newNamespace(kube),
      await newNamespace(kube),
      await newNamespace(kube),
    ];
    await using operator = await start(own, 'listed', { WATCH_NAMESPACES: `${two},${one}` });
    for (const each of [one, two, outside, own]) await kube.apply(botModule('echo', each, contested));
    for (const each of [one, two]) await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace: each }, 'Ready');
    await operator.idle();
    for (const each of [outside, own]) expect(await kube.kubectl(['get', 'deployments', '-n', each, '-o', 'name'])).toBe('');
    await kube.kubectl(['delete', 'deployment', 'eevee-echo-module', '-n', two]);
    await eventually(async () => (await urlIn(two)).includes('http://listed:9000'), { what: 'a deleted Deployment to come back' });
  });

  it('one after the other: the second does not undo a restart over HTTP', async () => {
    const namespace = await newNamespace(kube);
    const first = await start(namespace, 'first');
    await kube.apply(botModule('echo', namespace));
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    await using user = new ApiClient(first.url, 'first');
    expect((await user.post('/api/action/restart-module', { moduleName: 'echo' })).status).toBe(200);
    await first.stop();
    const restarted = await generation(namespace);
    await using second = await start(namespace, 'second');
    await eventually(async () => (await second.reconciles()) > 0, { what: 'the second operator to look at it' });
    await second.idle();
    expect(await generation(namespace)).toBe(restarted);
  });
});
