import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startControlPlane, type ControlPlane, startTcpProxy } from '@eeveebot/testing';
import { NotLeaderError } from '../../src/controller/errors.ts';
import type { Lease } from '../../src/controller/lease/lease.ts';
import type { LeaseTimes } from '../../src/controller/lease/lease-times.ts';
import { newNamespace, Runtime } from './runtime.ts';
import { CONFIG_MAP, defineWidgets, WIDGET, widget, widgetController, type ConfigMap } from './widgets.ts';

/** The default times, except for the retry. A busy machine may delay a leader by seconds, which must not cost it the lease. */
const TIMES: LeaseTimes = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 400 };

let kube: ControlPlane;
beforeAll(async () => {
  kube = await startControlPlane({ controllerManager: false });
  await defineWidgets(kube);
});
afterAll(() => kube.stop());

function replica(namespace: string, identity: string, given: { readonly server?: string } = {}): Runtime {
  return new Runtime({ kubeconfig: kube.kubeconfig, namespace, identity, leaseTimes: TIMES, controllers: [widgetController()], ...given });
}

const untilMade = (namespace: string, name: string, value: string): Promise<ConfigMap> =>
  eventually(async () => {
    const made = await kube.get<ConfigMap>('configmap', `made-for-${name}`, '-n', namespace);
    return made.data?.['value'] === value && made;
  });

const leaseIn = (namespace: string): Promise<Lease> => kube.get<Lease>('lease', 'leader', '-n', namespace);

const leads = ({ election }: Runtime): boolean => election?.isLeading === true;

describe('replicas', () => {
  it('have one leader; the standby keeps its cache warm, writes nothing, and takes over when the leader stops', async () => {
    const namespace = await newNamespace(kube);
    await using leader = replica(namespace, 'one');
    await eventually(() => leads(leader));
    await using standby = replica(namespace, 'two');
    await standby.synced();
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await untilMade(namespace, 'a', 'red');
    await eventually(() => standby.manager.cache.store(WIDGET).get({ namespace, name: 'a' })?.status?.value === 'red');
    expect(leads(standby)).toBe(false);
    expect((await standby.requests()).writes).toBe(0);

    await leader.stop();
    // Released, so the standby did not have to wait until it expires.
    expect(leader.log).toContain('info released the lease');
    await eventually(() => leads(standby));
    await kube.apply(widget({ namespace, name: 'a' }, 'blue'));
    await untilMade(namespace, 'a', 'blue');
    expect((await leaseIn(namespace)).spec).toMatchObject({ holderIdentity: standby.election?.identity, leaseTransitions: 1 });
  });

  it('have another leader when the first is partitioned, which stops writing before the other starts', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await startTcpProxy(kube.url);
    await using cutOff = replica(namespace, 'one', { server: proxy.httpsUrl });
    await eventually(() => leads(cutOff));
    await using other = replica(namespace, 'two');
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await untilMade(namespace, 'a', 'red');
    await other.synced();

    proxy.refuse();
    let wereBothLeading = false;
    await eventually(
      () => {
        wereBothLeading ||= leads(cutOff) && leads(other);
        return leads(other);
      },
      { intervalMs: 5 },
    );
    expect(wereBothLeading).toBe(false);
    expect(leads(cutOff)).toBe(false);
    await kube.apply(widget({ namespace, name: 'a' }, 'blue'));
    await untilMade(namespace, 'a', 'blue');

    // Back on the network it stands by: its cache is updated, and it does not write.
    proxy.allow();
    // It tries to renew its lease, and finds that another replica holds it.
    await eventually(() => cutOff.log.some((line) => line.includes('standing by')), { what: 'the first to see its successor' });
    await eventually(() => cutOff.manager.cache.store(WIDGET).get({ namespace, name: 'a' })?.spec.value === 'blue');
    const before = await cutOff.requests();
    await kube.apply(widget({ namespace, name: 'a' }, 'green'));
    await untilMade(namespace, 'a', 'green');
    expect((await cutOff.requests()).writes).toBe(before.writes);
    expect(leads(cutOff)).toBe(false);
  });

  it('abort their reconciles when another client takes the lease: not one more write', async () => {
    const namespace = await newNamespace(kube);
    const isRunning = Promise.withResolvers<void>();
    const isAborted = Promise.withResolvers<unknown>();
    let afterwards: unknown;
    const slow = widgetController({
      reconcile: async ({ name }, { writer, signal }) => {
        isRunning.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        isAborted.resolve(signal.reason);
        // A reconcile that uses its own signal cannot write either.
        const desired = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: `made-for-${name}` } };
        afterwards = await writer.apply(CONFIG_MAP, desired, AbortSignal.timeout(600_000)).catch((error: unknown) => error);
      },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using leader = new Runtime({ kubeconfig: kube.kubeconfig, namespace, identity: 'one', leaseTimes: TIMES, controllers: [slow] });
    await isRunning.promise;
    const spec = { holderIdentity: 'stranger', leaseDurationSeconds: 3_600, renewTime: '2030-01-01T00:00:00.000000Z' };
    await kube.kubectl(['patch', 'lease', 'leader', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);

    expect(await isAborted.promise).toBeInstanceOf(NotLeaderError);
    await eventually(() => afterwards !== undefined);
    expect(afterwards).toBeInstanceOf(NotLeaderError);
    await expect(kube.get('configmap', 'made-for-a', '-n', namespace)).rejects.toThrow(/not found/);
    await leader.stop();
    expect((await leaseIn(namespace)).spec?.holderIdentity).toBe('stranger');
  });

  it('let running reconciles end when they are stopped', async () => {
    const namespace = await newNamespace(kube);
    const isRunning = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const finishing = widgetController({
      reconcile: async ({ name }, { writer, signal }) => {
        isRunning.resolve();
        await mayEnd.promise;
        const desired = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: `made-for-${name}` }, data: { value: 'red' } };
        await writer.apply(CONFIG_MAP, desired, signal);
      },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    const leader = new Runtime({ kubeconfig: kube.kubeconfig, namespace, identity: 'one', leaseTimes: TIMES, controllers: [finishing] });
    await isRunning.promise;
    const stopped = leader.stop();
    mayEnd.resolve();
    await stopped;
    expect((await kube.get<ConfigMap>('configmap', 'made-for-a', '-n', namespace)).data).toEqual({ value: 'red' });
    expect((await leaseIn(namespace)).spec?.holderIdentity).toBe('');
  });
});
