import type { BotModule } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../src/controller/objects/kube-object.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, newNamespace, s3Store, untilReady } from './world.ts';

type UserObject = KubeObject & { readonly data?: Record<string, string>; readonly spec?: object };

const podSpec = { restartPolicy: 'Never', containers: [{ name: 'mine', image: 'mine:1' }] };
const template = { metadata: { labels: { mine: 'yes' } }, spec: { containers: podSpec.containers } };

/** Objects that a user may have created under a name that the operator uses, and the resource that reports the conflict. */
const OBJECTS: readonly (readonly [plural: string, kind: string, object: UserObject])[] = [
  ['secrets', 'token Secret', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-net-nats-auth' }, data: { token: 'bWluZQ==' } }],
  [
    'secrets',
    'configuration of NATS',
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-net-nats-config' }, data: { mine: 'bWluZQ==' } },
  ],
  [
    'configmaps',
    'ConfigMap',
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'eevee-echo-module-config' }, data: { mine: 'yes' } },
  ],
  [
    'services',
    'Service',
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'eevee-net-nats' }, spec: { selector: { mine: 'yes' }, ports: [{ port: 1 }] } },
  ],
  [
    'deployments',
    'Deployment',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'eevee-echo-module' },
      spec: { replicas: 0, selector: { matchLabels: { mine: 'yes' } }, template },
    },
  ],
  [
    'cronjobs',
    'CronJob',
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly-echo-backup' },
      spec: { schedule: '1 1 1 1 *', jobTemplate: { spec: { template: { spec: podSpec } } } },
    },
  ],
];

const servers = useWorld({ s3: true });
let kube: ControlPlane;
let s3: S3Server;

beforeAll(() => {
  ({ kube, s3 } = servers);
});

describe("user's object with a name of the operator", () => {
  const world = (namespace: string) => [
    ...s3Store('store', namespace, s3),
    ipcConfig('net', namespace),
    backupSchedule('nightly', namespace),
    botModule('echo', namespace, {
      ipcConfig: 'net',
      moduleConfig: 'a: 1',
      persistentVolumeClaim: {},
      backupSchedule: { name: 'nightly' },
    }),
  ];

  it.each(OBJECTS)('created just before the operator would create it is left as is: %s, the %s', async (plural, _, object) => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const made = Promise.withResolvers<UserObject>();
    let isMade = false;
    const read = () => kube.get<UserObject>(object.kind.toLowerCase(), object.metadata.name, '-n', namespace);
    proxy.arriving = async ({ method, url }) => {
      const isWrite = method === 'POST' || method === 'PATCH';
      if (isMade || !isWrite || !url.includes(`/namespaces/${namespace}/${plural}`)) return;
      isMade = true;
      await kube.apply({ ...object, metadata: { ...object.metadata, namespace } });
      made.resolve(await read());
    };
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url });
    await kube.apply(...world(namespace));
    const before = await made.promise;
    await operator.idle();
    // The operator must also leave it alone now that the cache has it.
    await kube.kubectl(['annotate', 'botmodules,ipcconfigs,backupschedules', '--all', '-n', namespace, 'test/touch=1']);
    await eventually(async () => (await read()) !== undefined);
    await operator.idle();
    const after = await read();
    expect(after.metadata.ownerReferences).toBeUndefined();
    const { host: _host, ...data } = after.data ?? {};
    expect(data).toEqual(before.data ?? {});
    expect(after.spec).toEqual(before.spec);
    await kube.kubectl(['delete', 'botmodules,ipcconfigs,backupschedules', '--all', '-n', namespace]);
    await operator.idle();
    expect((await read()).metadata.uid).toBe(before.metadata.uid);
  });

  it('that is a Deployment delays the module, does not make its volume count as live, and is noticed when it is gone', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const [, , deployment] = OBJECTS.find(([plural]) => plural === 'deployments') ?? expect.fail();
    const users = { ...deployment, metadata: { ...deployment.metadata, namespace } };
    const owned = (uid: string) => ({ apiVersion: 'v1', kind: 'Namespace', name: namespace, uid, controller: true });
    const { metadata } = await kube.get<KubeObject>('namespace', namespace);
    const others = { ...users, metadata: { ...users.metadata, ownerReferences: [owned(metadata.uid ?? '')] } };
    const ready = (reason: string, part: string) => untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, reason, part);
    const remove = () => kube.kubectl(['delete', 'deployment', 'eevee-echo-module', '-n', namespace]);
    const touch = () => kube.kubectl(['annotate', 'botmodule', 'echo', '-n', namespace, `test/touch=${Math.random()}`, '--overwrite']);
    const bootstrap = { persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'store' } } };

    await kube.apply(users, ...s3Store('store', namespace, s3), botModule('echo', namespace, bootstrap));
    await ready('InvalidSpec', 'Deployment eevee-echo-module was not created for this module');
    await remove();
    await ready('WaitingForBackup', 'there is no backup');
    await kube.apply(others);
    await touch();
    await ready('InvalidSpec', `Deployment eevee-echo-module belongs to Namespace ${namespace}`);
    await remove();
    await ready('WaitingForBackup', 'there is no backup');
    await kube.apply(users);
    await touch();
    await ready('InvalidSpec', 'Deployment eevee-echo-module was not created for this module');
    await remove();
    await ready('WaitingForBackup', 'there is no backup');
    await operator.idle();
    const claim = await kube.get<KubeObject>('pvc', 'eevee-echo-module-pvc', '-n', namespace);
    expect(claim.metadata.annotations).not.toHaveProperty(['eevee.bot/bootstrapped']);
    const { items } = await kube.get<{ items: readonly KubeObject[] }>('deployments', '-n', namespace);
    expect(items).toEqual([]);
  });

  it('that is a Deployment does not keep a disabled module from being Disabled, and does not count as its replicas', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const [, , deployment] = OBJECTS.find(([plural]) => plural === 'deployments') ?? expect.fail();
    await kube.apply({ ...deployment, metadata: { ...deployment.metadata, namespace }, spec: { ...deployment.spec, replicas: 2 } });
    const read = () => kube.get<KubeObject>('deployment', 'eevee-echo-module', '-n', namespace);
    await eventually(async () => ((await read()) as { status?: { replicas?: number } }).status?.replicas === 2);
    const { metadata } = await read();
    const module = { kind: 'botmodule' as const, name: 'echo', namespace };

    await kube.apply(botModule('echo', namespace));
    await untilReady(kube, module, 'InvalidSpec', 'Deployment eevee-echo-module was not created for this module');
    await operator.idle();
    expect((await kube.get<BotModule>('botmodule', 'echo', '-n', namespace)).status?.replicas).toBe(0);
    await kube.apply(botModule('echo', namespace, { enabled: false }));
    const ready = await untilReady(kube, module, 'Disabled', 'the module is stopped');
    await operator.idle();
    const { status } = await kube.get<BotModule>('botmodule', 'echo', '-n', namespace);
    expect([ready.status, status?.replicas, status?.image]).toEqual(['True', 0, undefined]);
    expect((await read()).metadata).toMatchObject({ uid: metadata.uid });
  });

  it('is not given a token or a host while another resource controls it, even for a rotation', async () => {
    const namespace = await newNamespace(kube);
    const own = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'vault', namespace } };
    await kube.apply(own);
    const { metadata } = await kube.get<KubeObject>('configmap', 'vault', '-n', namespace);
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'vault', uid: metadata.uid, controller: true }];
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-net-nats-auth', namespace, ownerReferences } };
    await kube.apply({ ...secret, data: { token: 'bWluZQ==' } });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const refused = async () => {
      const { message } = await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace }, 'Pending');
      expect(message).toContain('Secret eevee-net-nats-auth belongs to ConfigMap vault: it is not changed');
    };
    const read = () => kube.get<UserObject>('secret', 'eevee-net-nats-auth', '-n', namespace);
    await kube.apply(ipcConfig('net', namespace));
    await refused();
    expect((await read()).data).toEqual({ token: 'bWluZQ==' });
    // Completed by its controller: it is usable as is, but must still not be rotated.
    const host = Buffer.from(`eevee-net-nats.${namespace}.svc.cluster.local`).toString('base64');
    await kube.apply({ ...secret, data: { token: 'bWluZQ==', host } });
    await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace }, 'Creating');
    await kube.kubectl(['annotate', 'ipcconfig', 'net', '-n', namespace, 'eevee.bot/rotate-token=now']);
    await refused();
    await operator.idle();
    expect((await read()).data).toEqual({ token: 'bWluZQ==', host });
  });
});

describe('objects of a resource that was deleted and recreated under its name', () => {
  it('are not taken over: they are deleted with the first, and then created for the second', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const resources = [
      ...s3Store('store', namespace, s3),
      ipcConfig('net', namespace),
      backupSchedule('nightly', namespace),
      botModule('echo', namespace, { service: {}, size: 2, persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } }),
    ];
    await kube.apply(...resources);
    const made: readonly (readonly [plural: string, name: string, owner: string])[] = [
      ['services', 'eevee-net-nats', 'ipcconfig/net'],
      ['secrets', 'eevee-net-nats-config', 'ipcconfig/net'],
      ['deployments', 'eevee-net-nats', 'ipcconfig/net'],
      ['deployments', 'eevee-echo-module', 'botmodule/echo'],
      ['services', 'eevee-echo-module', 'botmodule/echo'],
      ['cronjobs', 'nightly-echo-backup', 'backupschedule/nightly'],
    ];
    const find = async (plural: string, name: string) =>
      (await kube.get<{ items: readonly KubeObject[] }>(plural, '-n', namespace)).items.find(({ metadata }) => metadata.name === name);
    const first = new Map<string, KubeObject>();
    for (const [plural, name] of made) first.set(`${plural}/${name}`, await eventually(() => find(plural, name)));

    // Blocks their garbage collection.
    const hold = (finalizers: readonly string[] | null) => JSON.stringify({ metadata: { finalizers } });
    for (const [plural, name] of made)
      await kube.kubectl(['patch', plural, name, '-n', namespace, '--type=merge', '-p', hold(['test.example/hold'])]);
    for (const owner of ['botmodule/echo', 'backupschedule/nightly', 'ipcconfig/net'])
      await kube.kubectl(['delete', owner, '-n', namespace, '--cascade=background']);
    await kube.apply(...resources);
    await operator.idle();
    for (const [plural, name] of made) {
      const now = await find(plural, name);
      expect(now?.metadata.ownerReferences, `${plural}/${name}`).toEqual(first.get(`${plural}/${name}`)?.metadata.ownerReferences);
    }

    for (const [plural, name] of made) {
      await kube.kubectl(['patch', plural, name, '-n', namespace, '--type=merge', '-p', hold(null)]);
    }
    for (const [plural, name, owner] of made) {
      const { uid } = (await kube.get<KubeObject>(...(owner.split('/') as [string, string]), '-n', namespace)).metadata;
      await eventually(async () => (await find(plural, name))?.metadata.ownerReferences?.[0]?.uid === uid, {
        what: `${plural}/${name} of the second`,
        timeoutMs: 120_000,
      });
    }
  });
});
