import type { BotModule } from '@eeveebot/crds';
import { eventually, type ControlPlane } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import { systemClock } from '../src/controller/clock.ts';
import type { Deployment } from '../src/resource-types/kubernetes.ts';
import { lookAgain, makeEverything, templatesOf } from './everything.ts';
import { FakeClock } from './fixtures/fake-clock.ts';
import { type Admitted, startMutatingWebhook } from './mutating-webhook.ts';
import { quiet } from './quiet.ts';
import { startOperator } from './running-operator.ts';
import { botModule, makeVolumes, newNamespace, untilReady } from './world.ts';

/** Pods that mount the token have the operator's own URL: another port would be another template. */
const ENV = { OPERATOR_API_URL: 'http://operator:9000' };

describe('operator beside another program that changes its objects', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;

  beforeAll(async () => {
    ({ kube } = servers);
    await makeVolumes(kube, ['one', 'two', 'three', 'four']);
  });

  it('comes to rest when a webhook changes everything that it writes', async () => {
    const namespace = await newNamespace(kube);
    await using webhook = await startMutatingWebhook(kube, namespace);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env: ENV });
    await makeEverything({ kube, s3: servers.s3, namespace });
    const image = async () =>
      (await kube.get<Deployment>('deployment', 'eevee-plain-module', '-n', namespace)).spec?.template.spec?.containers[0]?.image;
    expect(await image()).toBe('mirror.example/eevee/echo:1');
    await kube.apply(botModule('plain', namespace, { image: 'eevee/echo:2' }));
    await eventually(async () => (await image()) === 'mirror.example/eevee/echo:2');
    await untilReady(kube, { kind: 'botmodule', name: 'plain', namespace }, 'Ready');
    await lookAgain(operator, { kube, namespace, value: 'once' });
    const [requests, before] = [await operator.requests(), await templatesOf(kube, namespace)];
    await lookAgain(operator, { kube, namespace, value: 'twice' });
    expect(await operator.requests()).toBe(requests);
    expect(await templatesOf(kube, namespace)).toEqual(before);
    expect(webhook.changed).toBeGreaterThan(0);
    expect(operator.warnings.filter((line) => line.startsWith('cannot reconcile'))).toEqual([]);
  });

  it('applies again within a resync what a webhook dropped, once the webhook is gone', async () => {
    const namespace = await newNamespace(kube);
    const label = 'app.kubernetes.io/part-of';
    let drops = 0;
    const drop = ({ kind, metadata }: Admitted): readonly object[] => {
      if (kind !== 'Deployment' || !(label in (metadata.labels ?? {}))) return [];
      const annotations = { ...metadata.annotations, 'policy.example/last-change': String(++drops) };
      return [
        { op: 'remove', path: '/metadata/labels/app.kubernetes.io~1part-of' },
        { op: 'add', path: '/metadata/annotations', value: annotations },
      ];
    };
    const webhook = await startMutatingWebhook(kube, namespace, drop);
    let laterMs = 0;
    const clock = { ...systemClock, elapsedMs: () => systemClock.elapsedMs() + laterMs };
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, clock });
    await kube.apply(botModule('echo', namespace));
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    let touches = 0;
    const labels = async () => {
      const before = await operator.reconciles();
      await kube.kubectl(['annotate', 'botmodule', 'echo', '-n', namespace, '--overwrite', `test/touched=${++touches}`]);
      await eventually(async () => (await operator.reconciles()) > before, { what: 'the reconcile' });
      await operator.idle();
      return (await kube.get<Deployment>('deployment', 'eevee-echo-module', '-n', namespace)).metadata.labels;
    };
    const repairs = () => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', 'reason=Repaired', '-o', 'name']);
    expect(await labels()).not.toHaveProperty([label]);
    laterMs += 3_600_000;
    const before = drops;
    expect(await labels()).not.toHaveProperty([label]);
    expect([drops, await repairs()]).toEqual([before + 1, '']);
    await webhook[Symbol.asyncDispose]();
    expect(await labels()).not.toHaveProperty([label]);
    laterMs += 3_600_000;
    expect(await labels()).toHaveProperty([label]);
    await eventually(async () => (await repairs()) !== '', { what: 'the event' });
  });

  it('reports a manual change after a restart, but not a default value without a recorded owner', async () => {
    const namespace = await newNamespace(kube);
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(botModule('echo', namespace, { livenessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: 0 } }));
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    await first.stop();
    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const repairs = () => kube.kubectl(['get', 'events', '-n', namespace, '--field-selector', 'reason=Repaired', '-o', 'name']);
    await quiet(second, () => second.requests());
    // The Deployment is read, and applied once to own all of its fields.
    expect([await second.writes(), await repairs()]).toEqual([3, '']);
    await kube.kubectl(['set', 'image', 'deployment/eevee-echo-module', 'module=other:1', '-n', namespace]);
    await eventually(async () => (await repairs()) !== '', { what: 'the event' });
  });

  it('writes lost statuses again, and rolls, restores and stops nothing', async () => {
    const namespace = await newNamespace(kube);
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env: ENV });
    await makeEverything({ kube, s3: servers.s3, namespace });
    await lookAgain(operator, { kube, namespace, value: 'once' });
    const [before, jobs] = [await templatesOf(kube, namespace), await kube.kubectl(['get', 'jobs', '-n', namespace, '-o', 'name'])];
    const lost = [
      ['botmodule', 'full', 'Ready'],
      ['botmodule', 'plain', 'Ready'],
      ['botmodule', 'broken', 'Pending'],
      ['ipcconfig', 'net', 'Ready'],
      ['s3store', 'store', 'ConnectionSuccessful'],
      ['backupschedule', 'nightly', 'CronJobsCreated'],
      ['backuprestore', 'back', 'Succeeded'],
    ] as const;
    for (const [kind, name] of lost) {
      await kube.kubectl(['patch', kind, name, '-n', namespace, '--subresource=status', '--type=merge', '-p', '{"status":null}']);
    }
    for (const [kind, name, reason] of lost) await untilReady(kube, { kind, name, namespace }, reason);
    await lookAgain(operator, { kube, namespace, value: 'twice' });
    expect(await templatesOf(kube, namespace)).toEqual(before);
    expect(await kube.kubectl(['get', 'jobs', '-n', namespace, '-o', 'name'])).toBe(jobs);
  });

  it('leaves an object to a client that changes it each time, reports that, and restores it when the client has ended', async () => {
    const namespace = await newNamespace(kube);
    const clock = new FakeClock(new Date());
    const ticking = setInterval(() => clock.advance(20), 20);
    try {
      const reflectorTimes = { ...DEFAULT_REFLECTOR_TIMES, idleLimitMs: 1e9 };
      await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, clock, reflectorTimes });
      await kube.apply(botModule('echo', namespace));
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
      const replicas = async () => (await kube.get<Deployment>('deployment', 'eevee-echo-module', '-n', namespace)).spec?.replicas;
      const scale = () => kube.kubectl(['scale', 'deployment', 'eevee-echo-module', '-n', namespace, '--replicas=3']);
      const readyOf = async () =>
        (await kube.get<BotModule>('botmodule', 'echo', '-n', namespace)).status?.conditions?.find(({ type }) => type === 'Ready');

      let scaled = 0;
      await eventually(
        async () => {
          const ready = await readyOf();
          if (ready?.reason === 'Pending') return ready.message.includes('kubectl (spec.replicas) changes fields');
          if ((await replicas()) !== 1) return false;
          scaled += 1;
          await scale();
          return false;
        },
        { what: 'the contest to be reported', intervalMs: 10 },
      );
      expect(scaled).toBeLessThanOrEqual(6);
      expect(await replicas()).toBe(3);
      await quiet(operator, () => operator.requests());
      // A change of the spec is still carried out.
      await kube.kubectl(['patch', 'botmodule', 'echo', '-n', namespace, '--type=merge', '-p', '{"spec":{"image":"eevee/echo:2"}}']);
      await eventually(async () => (await replicas()) === 1, { what: 'the change of the spec to be applied' });
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');

      await scale();
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Pending');
      clock.advance(60_000);
      await eventually(async () => (await replicas()) === 1, { what: 'the Deployment to be restored' });
      await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
    } finally {
      clearInterval(ticking);
    }
  });
});
