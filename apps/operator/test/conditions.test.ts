import type { BotModule, Condition } from '@eeveebot/crds';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { startOperator, type RunningOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, ipcConfig, newNamespace, s3Store, untilReady } from './world.ts';

type Kind = Parameters<typeof untilReady>[1]['kind'];

describe('conditions', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    namespace = await newNamespace(kube);
    operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
  });

  afterAll(async () => {
    await operator?.stop();
  });

  /** Status of each condition once Ready has `reason`, such as `Ready=True Reconciling=False Stalled=False`. */
  async function conditions(kind: Kind, name: string, reason: string): Promise<string> {
    await untilReady(kube, { kind, name, namespace }, reason);
    const { status } = await kube.get<BotModule>(kind, name, '-n', namespace);
    return (status?.conditions ?? [])
      .filter(({ type }) => ['Ready', 'Reconciling', 'Stalled'].includes(type))
      .map(({ type, status: holds }: Condition) => `${type}=${holds}`)
      .join(' ');
  }

  const SETTLED = 'Ready=True Reconciling=False Stalled=False';
  const WAITING = 'Ready=False Reconciling=False Stalled=False';
  const STALLED = 'Ready=False Reconciling=False Stalled=True';

  it('of a resource that has not been reconciled yet are for an older generation', async () => {
    const unseen = await newNamespace(kube);
    await kube.apply(
      botModule('new', unseen),
      ipcConfig('new', unseen),
      ...s3Store('new', unseen, { endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'id', secretAccessKey: 'key' } }),
      backupSchedule('new', unseen),
      backupRestore('new', unseen, 'new'),
    );
    for (const kind of ['botmodule', 'ipcconfig', 's3store', 'backupschedule', 'backuprestore']) {
      const { status } = await kube.get<BotModule>(kind, 'new', '-n', unseen);
      expect(status, kind).toEqual({ observedGeneration: -1 });
    }
  });

  it('report that a module runs, was disabled, or has an invalid configuration', async () => {
    await kube.apply(botModule('runs', namespace), botModule('off', namespace, { enabled: false }));
    await kube.apply(botModule('broken', namespace, { moduleConfig: '[' }), botModule('waiting', namespace, { ipcConfig: 'none' }));
    expect(await conditions('botmodule', 'runs', 'Ready')).toBe(SETTLED);
    expect(await conditions('botmodule', 'off', 'Disabled')).toBe(SETTLED);
    expect(await conditions('botmodule', 'broken', 'InvalidSpec')).toBe(STALLED);
    expect(await conditions('botmodule', 'waiting', 'Pending')).toBe('Ready=Unknown Reconciling=False Stalled=False');
  });

  it('report what the other kinds wait for, and that a schedule without targets or a suspended one is settled', async () => {
    await kube.apply(
      ...s3Store('store', namespace, s3),
      ipcConfig('tokenless', namespace, { managed: { enabled: true }, token: { generate: false } }),
      backupSchedule('idle', namespace),
      backupSchedule('resting', namespace, { suspend: true }),
      backupSchedule('wrong', namespace, { schedule: '99 * * * *' }),
      backupRestore('lost', namespace, 'nowhere'),
    );
    expect(await conditions('s3store', 'store', 'ConnectionSuccessful')).toBe(SETTLED);
    expect(await conditions('ipcconfig', 'tokenless', 'SecretNotFound')).toBe(WAITING);
    expect(await conditions('backupschedule', 'idle', 'NoTargets')).toBe(SETTLED);
    expect(await conditions('backupschedule', 'resting', 'Suspended')).toBe(SETTLED);
    expect(await conditions('backupschedule', 'wrong', 'InvalidSpec')).toBe(STALLED);
    expect(await conditions('backuprestore', 'lost', 'BotModuleNotFound')).toBe(WAITING);
  });

  it('carry the generation of the plan when the resource is edited during the reconcile', async () => {
    const other = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    await using second = await startOperator({ ...behind(proxy, other), env: { EEVEE_OPERATOR_API_TOKEN: 'secret' } });
    await kube.apply(botModule('late', other));
    const late = () => kube.get<BotModule>('botmodule', 'late', '-n', other);
    const setImage = (image: string) =>
      kube.kubectl(['patch', 'botmodule', 'late', '-n', other, '--type=merge', '-p', JSON.stringify({ spec: { image } })]);
    await eventually(async () => (await late()).status?.observedGeneration === 1, { what: 'the module to be created' });
    // The first change of a created object takes two requests; later ones take one.
    await setImage('eevee/echo:2');
    await eventually(async () => (await late()).status?.observedGeneration === 2, { what: 'the first edit to be applied' });
    const first = holdNext(proxy, 'deployments');
    await setImage('eevee/echo:3');
    const passFirst = await first;
    await setImage('eevee/echo:4');
    await eventually(async () => (await summaries(second.url)).some(({ image }) => image === 'eevee/echo:4'), {
      what: 'the edit to be seen',
    });
    const next = holdNext(proxy, 'deployments');
    passFirst();
    // Once the second reconcile applies the Deployment of the edit, the first one has written its status.
    const passNext = await next;
    const { metadata, status } = await late();
    expect([metadata.generation, status?.observedGeneration]).toEqual([4, 3]);
    expect(status?.conditions?.map(({ observedGeneration }) => observedGeneration)).toEqual([3, 3, 3]);
    passNext();
    await untilReady(kube, { kind: 'botmodule', name: 'late', namespace: other }, 'Ready');
  });

  it('have messages of bounded length, however many modules are affected', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `target-${index}`);
    const same = { moduleName: 'same', enabled: false, persistentVolumeClaim: {}, backupSchedule: { name: 'crowded' } };
    await kube.apply(...names.map((name) => botModule(name, namespace, same)), backupSchedule('crowded', namespace));
    const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'crowded', namespace }, 'NoTargets');
    expect(message).toMatch(/has the same spec.moduleName same: .*; and \d\d more$/);
    expect(message.length).toBeLessThan(2_050);
    const cutOff = operator.warnings.filter((warning) => warning.includes('Too long'));
    expect(cutOff).toEqual([]);
  });

  const behind = ({ url }: ApiServerProxy, of: string) => ({ kubeconfig: kube.kubeconfig, namespace: of, server: url });
});

/** Holds the next write of objects of a type. @returns a function that lets it pass, once it has arrived. */
function holdNext(proxy: ApiServerProxy, plural: string): Promise<() => void> {
  const arrived = Promise.withResolvers<() => void>();
  proxy.arriving = async ({ method, url }) => {
    if (method === 'GET' || !new RegExp(`/${plural}[/?]`).test(url)) return;
    proxy.arriving = async () => undefined;
    const passed = Promise.withResolvers<void>();
    arrived.resolve(passed.resolve);
    await passed.promise;
  };
  return arrived.promise;
}

/** The modules as listed by the operator's HTTP API from its cache. */
async function summaries(url: string): Promise<readonly { readonly image: string }[]> {
  const response = await fetch(`${url}/api/bot-modules`, { headers: { authorization: 'Bearer secret' } });
  return (await response.json()) as readonly { readonly image: string }[];
}
