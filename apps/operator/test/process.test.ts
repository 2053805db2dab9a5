import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFINITIONS, eventually, freePort, startControlPlane, type ControlPlane } from '@eeveebot/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { OperatorProcess } from './operator-process.ts';
import { botModule, newNamespace, untilReady } from './world.ts';

describe('operator process', () => {
  let kube: ControlPlane;

  beforeAll(async () => {
    kube = await startControlPlane();
  });

  afterAll(async () => {
    await kube?.stop();
  });

  const answers = async (port: number, path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

  it('reports every invalid variable and exits with 64', async () => {
    await using operator = new OperatorProcess({ KUBECONFIG: kube.kubeconfig, HTTP_API_PORT: 'http', LOG_LEVEL: 'loud' });
    expect(await operator.code()).toBe(64);
    expect(operator.output).toContain('HTTP_API_PORT');
    expect(operator.output).toContain('LOG_LEVEL');
  });

  it('reports that its port is in use, and the variable that sets another', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await using operator = new OperatorProcess({ KUBECONFIG: kube.kubeconfig, HTTP_API_PORT: String(port) });
    expect(await operator.code()).toBe(1);
    expect(operator.output).toContain(`port ${port} is in use by another process: stop that process, or set HTTP_API_PORT to a free port`);
    other.close();
  });

  it('reports a kubeconfig without a cluster', async () => {
    const empty = join(kube.folder, 'empty.kubeconfig');
    await writeFile(
      empty,
      JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [], 'current-context': '' }),
    );
    await using operator = new OperatorProcess({ KUBECONFIG: empty, HTTP_API_PORT: String(await freePort()) });
    expect(await operator.code()).not.toBe(0);
    expect(operator.output).toContain('no current context with a cluster');
  });

  it('reports a missing kubeconfig or service account, with the fix', async () => {
    await using without = new OperatorProcess({ KUBECONFIG: join(kube.folder, 'missing'), HTTP_API_PORT: String(await freePort()) });
    expect(await without.code()).toBe(64);
    expect(without.output).toContain(`there is no kubeconfig at ${join(kube.folder, 'missing')}: set KUBECONFIG`);
    await using outside = new OperatorProcess({ KUBE_IN_CLUSTER_CONFIG: 'true', HTTP_API_PORT: String(await freePort()) });
    expect(await outside.code()).toBe(64);
    expect(outside.output).toContain('no service account is mounted here');
  });

  it('waits for an unreachable API server, and reports that', async () => {
    const text = await kube.kubectl(['config', 'view', '--raw', '-o', 'json']);
    const nowhere = join(kube.folder, 'nowhere.kubeconfig');
    await writeFile(nowhere, text.replace(kube.url, `https://127.0.0.1:${await freePort()}`));
    const port = await freePort();
    await using operator = new OperatorProcess({ KUBECONFIG: nowhere, HTTP_API_PORT: String(port) });
    await eventually(() => operator.output.includes('no response from https://127.0.0.1'));
    expect(await answers(port, '/health')).toBe(200);
    expect(await answers(port, '/readyz')).toBe(503);
    operator.terminate();
    expect(await operator.code()).toBe(0);
  });

  it('waits for its definitions, then for its permissions, and works once it has both', async () => {
    const namespace = await newNamespace(kube);
    const kubeconfig = await kube.kubeconfigFor('operator');
    const grant = (role: object) =>
      kube.apply(
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'operator', namespace }, ...role },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'operator', namespace },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'operator' },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'operator' }],
        },
      );
    const kinds = ['botmodules', 'ipcconfigs', 's3stores', 'backupschedules', 'backuprestores'];
    const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
    const rule = (apiGroup: string, resources: readonly string[]) => ({ apiGroups: [apiGroup], resources, verbs });
    const port = await freePort();
    await using operator = new OperatorProcess({ KUBECONFIG: kubeconfig, NAMESPACE: namespace, HTTP_API_PORT: String(port) });

    await eventually(() => operator.output.includes('Grant list and watch in the operator'));
    expect(operator.output).toContain(`cannot list resource`);
    await grant({
      rules: [
        rule(
          'eevee.bot',
          kinds.flatMap((kind) => [kind, `${kind}/status`]),
        ),
        rule('batch', ['jobs', 'cronjobs']),
        rule('apps', ['deployments', 'statefulsets']),
        rule('policy', ['poddisruptionbudgets']),
        rule('', ['pods', 'configmaps', 'services', 'secrets', 'persistentvolumeclaims', 'events']),
      ],
    });
    await eventually(() => operator.output.includes('install its CustomResourceDefinition'));
    expect(await answers(port, '/readyz')).toBe(503);

    await kube.installDefinitions(DEFINITIONS);
    await eventually(async () => (await answers(port, '/readyz')) === 200);
    await kube.apply(botModule('late', namespace));
    await untilReady(kube, { kind: 'botmodule', name: 'late', namespace }, 'Creating');
    operator.terminate();
    expect(await operator.code()).toBe(0);
  });

  it('carries out changes from the time when it was not running', async () => {
    await kube.installDefinitions(DEFINITIONS);
    const namespace = await newNamespace(kube);
    const env = { KUBECONFIG: kube.kubeconfig, NAMESPACE: namespace };
    const image = async (name: string) => {
      const deployment = await kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', namespace);
      return deployment.spec?.template.spec?.containers[0]?.image;
    };
    const exists = (name: string) =>
      kube
        .kubectl(['get', 'deployment', `eevee-${name}-module`, '-n', namespace, '-o', 'name', '--ignore-not-found'])
        .then((text) => text !== '');
    {
      await using operator = new OperatorProcess({ ...env, HTTP_API_PORT: String(await freePort()) });
      await kube.apply(botModule('a', namespace), botModule('b', namespace), botModule('c', namespace));
      await eventually(async () => (await exists('a')) && (await exists('b')) && (await exists('c')));
      operator.terminate();
      expect(await operator.code()).toBe(0);
    }
    await kube.kubectl(['patch', 'botmodule', 'a', '-n', namespace, '--type=merge', '-p', '{"spec":{"image":"eevee/echo:2"}}']);
    await kube.kubectl(['patch', 'botmodule', 'b', '-n', namespace, '--type=merge', '-p', '{"spec":{"enabled":false}}']);
    await kube.kubectl(['delete', 'deployment', 'eevee-c-module', '-n', namespace]);

    await using operator = new OperatorProcess({ ...env, HTTP_API_PORT: String(await freePort()) });
    await eventually(async () => (await image('a')) === 'eevee/echo:2' && !(await exists('b')) && (await exists('c')));
    expect(operator.hasEnded).toBe(false);
  });
});
