import { setImmediate } from 'node:timers/promises';
import type { S3Store } from '@eeveebot/crds';
import { type ControlPlane, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import { ApiServerProxy } from './controller/api-server-proxy.ts';
import { FakeClock } from './fixtures/fake-clock.ts';
import { lookAgain, makeEverything, RESOURCES, templatesOf } from './everything.ts';
import { quiet } from './quiet.ts';
import { startOperator } from './running-operator.ts';
import { botModule, makeVolumes, newNamespace } from './world.ts';

/** Every start writes the Lease once. */
const WRITES_OF_A_START = 1;

describe('unchanged resources of all five kinds', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(kube, ['one', 'two']);
  });

  // Pods that mount the token have the operator's own URL: another port would be another template.
  const env = { OPERATOR_API_URL: 'http://operator:9000' };

  it('are reconciled again without a single request, even after a restart, and nothing rolls', async () => {
    const namespace = await newNamespace(kube);
    const first = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await makeEverything({ kube, s3, namespace });
    await lookAgain(first, { kube, namespace, value: 'once' });
    const [requests, before] = [await first.requests(), await templatesOf(kube, namespace)];
    await lookAgain(first, { kube, namespace, value: 'twice' });
    expect(await first.requests()).toBe(requests);
    await first.stop();

    await using second = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env });
    await quiet(second, () => second.reconciles(), RESOURCES);
    expect(await second.writes()).toBe(WRITES_OF_A_START);
    await lookAgain(second, { kube, namespace, value: 'thrice' });
    expect(await second.writes()).toBe(WRITES_OF_A_START);
    expect(await templatesOf(kube, namespace)).toEqual(before);
  });

  it('cause no writes in an hour except for the last connection test of each store', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const clock = new FakeClock(new Date());
    const ticking = setInterval(() => clock.advance(20), 20);
    // Bookmarks arrive once per real minute: by this clock every watch would seem dead.
    const reflectorTimes = { ...DEFAULT_REFLECTOR_TIMES, idleLimitMs: 1e9 };
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, env, server: proxy.url, clock, reflectorTimes });
    // Timers add keys to queues, and a reconcile may set the next timer: each must fire at its time.
    const minutePasses = async () => {
      clock.advance(60_000);
      await setImmediate();
      await operator.idle();
    };
    await kube.apply(botModule('default', namespace, { livenessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: 0 } }));
    await makeEverything({ kube, s3, namespace });
    await quiet(operator, () => operator.requests());
    clearInterval(ticking);
    // Work that was postponed at the start runs before the hour begins.
    for (let minute = 0; minute < 5; minute++) await minutePasses();
    await quiet(operator, () => operator.requests());

    const [seen, reconciles] = [proxy.seen.length, await operator.reconciles()];
    const lastTest = async () => (await kube.get<S3Store>('s3store', 'store', '-n', namespace)).status?.lastConnectionTest?.time ?? '';
    const tested = await lastTest();
    // An hour and one interval more, in steps short enough for every timer to fire at its time.
    for (let minute = 0; minute < 66; minute++) await minutePasses();
    await lookAgain(operator, { kube, namespace, value: 'late' });
    await quiet(operator, () => operator.requests());
    // A store is tested every five minutes, or a few minutes later if a test takes longer than a minute of this clock. Only one test is recorded.
    expect(await operator.reconciles()).toBeGreaterThanOrEqual(reconciles + 6);
    const written = proxy.seen.slice(seen).filter(({ method }) => method !== 'GET');
    expect(written.map(({ method, url }) => `${method} ${url.split('?')[0]}`).toSorted()).toEqual(
      ['store', 'wrong'].map((name) => `PATCH /apis/eevee.bot/v1/namespaces/${namespace}/s3stores/${name}/status`),
    );
    expect(Date.parse(await lastTest()) - Date.parse(tested)).toBeGreaterThanOrEqual(3_600_000);
  });
});
