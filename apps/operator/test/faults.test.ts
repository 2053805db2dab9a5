import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ControlPlane, eventually, freePort, type S3Server, startFaultProxy } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../src/resource-types/kubernetes.ts';
import { OperatorProcess } from './operator-process.ts';
import { startOperator } from './running-operator.ts';
import { botModule, ipcConfig, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';

/** Regression tests for faults of former releases that no other test of this folder would notice. */
describe('operator', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(kube, ['volume']);
  });

  const names = async (namespace: string, kinds: string) => (await kube.kubectl(['get', kinds, '-n', namespace, '-o', 'name'])).trim();

  it('does not treat a store that refuses to list as one without backups', async () => {
    const namespace = await newNamespace(kube);
    const file = join(s3.folder, 'buckets/backups', namespace, 'seen', `${ID}.tar.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
    await using proxy = await startFaultProxy(s3.port);
    let refuses = true;
    proxy.add({
      fault: { kind: 'answer', status: 403 },
      strikes: ({ url }) => refuses && url.includes('seen'),
      times: Number.POSITIVE_INFINITY,
    });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(
      ...s3Store('store', namespace, { endpoint: proxy.endpoint, credentials: s3.credentials }),
      botModule('seen', namespace, {
        persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] },
        bootstrapFromBackup: { s3Store: { name: 'store' } },
      }),
    );
    await untilReady(kube, { kind: 's3store', name: 'store', namespace }, 'ConnectionSuccessful');
    const { message } = await eventually(
      async () => {
        const pending = await untilReady(kube, { kind: 'botmodule', name: 'seen', namespace }, 'Pending');
        return pending.message.includes('could not be searched for backups') && pending;
      },
      { what: 'the module to say that the store refused' },
    );
    expect(message).toContain('S3Store store');
    expect(await names(namespace, 'deployments,jobs')).toBe('');
    expect(operator.warnings).not.toEqual([]);
    refuses = false;
    await untilReady(kube, { kind: 'botmodule', name: 'seen', namespace }, 'Ready');
  });

  it('removes everything whose resource was deleted while the operator was not running', async () => {
    const namespace = await newNamespace(kube);
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(botModule('gone', namespace, { moduleConfig: 'a: 1' }), botModule('stays', namespace));
    for (const name of ['gone', 'stays']) await untilReady(kube, { kind: 'botmodule', name, namespace }, 'Ready');
    await first.stop();
    await kube.kubectl(['delete', 'botmodule', 'gone', '-n', namespace]);
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await eventually(async () => !(await names(namespace, 'deployments,configmaps,pods')).includes('gone'), {
      what: 'all of the deleted module to be gone',
      // The garbage collector takes up to 30 seconds to discover new kinds.
      timeoutMs: 100_000,
    });
    expect(await names(namespace, 'deployments')).toBe('deployment.apps/eevee-stays-module');
    expect(second.warnings).toEqual([]);
  });

  it('logs neither resources nor secrets, even at level debug', async () => {
    const namespace = await newNamespace(kube);
    await using operator = new OperatorProcess({
      KUBECONFIG: kube.kubeconfig,
      NAMESPACE: namespace,
      HTTP_API_PORT: String(await freePort()),
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
      EEVEE_OPERATOR_API_TOKEN: 'token-of-the-api',
    });
    await kube.apply(
      ipcConfig('net', namespace),
      botModule('quiet', namespace, {
        ipcConfig: 'net',
        moduleConfig: 'greeting: said-in-the-configuration',
        env: [{ name: 'GREETING', value: 'said-in-the-environment' }],
      }),
    );
    await untilReady(kube, { kind: 'botmodule', name: 'quiet', namespace }, 'Ready');
    const secret = await kube.get<Secret>('secret', 'eevee-net-nats-auth', '-n', namespace);
    const token = Buffer.from(secret.data?.['token'] ?? '', 'base64').toString();
    expect(token).toHaveLength(64);
    operator.terminate();
    expect(await operator.code()).toBe(0);
    expect(operator.output).toContain('reconciling');
    for (const hidden of [token, 'token-of-the-api', 'said-in-the-configuration', 'said-in-the-environment', '"spec":']) {
      expect(operator.output).not.toContain(hidden);
    }
  });
});
