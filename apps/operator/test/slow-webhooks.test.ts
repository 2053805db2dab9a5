import { eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { SLOW_LIMITS } from '../src/controller/api/slow-places.ts';
import { type Clock, systemClock } from '../src/controller/clock.ts';
import { startDeafWebhook } from './deaf-webhook.ts';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, s3Store, untilReady } from './world.ts';

/** More modules than requests for one kind that may be slow at a time, and than connections. */
const HELD = 70;
/** Many times more modules than that. */
const MANY_HELD = 300;
/** The most that the API server waits for a webhook. */
const TIMEOUT_SECONDS = 30;

/** For which a webhook with a timeout of a second takes ten. */
const TEN_TIMES_FASTER: Clock = {
  now: () => new Date(),
  elapsedMs: () => systemClock.elapsedMs() * 10,
  schedule: (delayMs, callback) => systemClock.schedule(delayMs / 10, callback),
};

describe('a webhook that accepts requests for one kind and never answers', () => {
  const world = useWorld({ nodes: true, s3: true });

  it('is named in the status, and delays no resource that it does not concern', async () => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    await using webhook = await startDeafWebhook(kube, {
      namespace,
      group: '',
      resource: 'configmaps',
      operations: ['CREATE', 'UPDATE'],
      timeoutSeconds: TIMEOUT_SECONDS,
      probe: ['create', 'configmap', 'probe'],
    });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const held = Array.from({ length: HELD }, (_, index) => `held-${index}`);
    await kube.apply(...held.map((name) => botModule(name, namespace, { moduleConfig: 'a: 1' })));
    await eventually(() => webhook.held >= SLOW_LIMITS.ofCollection.all, { what: 'requests to be held', timeoutMs: 60_000 });

    const startedMs = performance.now();
    await kube.apply(botModule('free', namespace), ipcConfig('net', namespace));
    await untilReady(kube, { kind: 'botmodule', name: 'free', namespace }, 'Ready');
    await untilReady(kube, { kind: 'ipcconfig', name: 'net', namespace }, 'Ready');
    expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_SECONDS * 1000);

    const { message } = await untilReady(kube, { kind: 'botmodule', name: 'held-0', namespace }, 'Pending', 'deaf.example.com');
    expect(message).toContain('the API server rejects the change; retrying');
    await webhook[Symbol.asyncDispose]();
    await kube.kubectl(['label', 'botmodules', '--all', '-n', namespace, 'look=again']);
    await kube.kubectl(['wait', 'botmodules', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=60s']);
    expect(operator.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });

  it('delays no module of the same kind that it does not concern, however many it holds, whether that waits with them or comes later', async () => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    const later = ['free-0', 'free-1', 'free-2', 'free-3'];
    await using webhook = await startDeafWebhook(kube, {
      ...{ namespace, group: 'apps', resource: 'deployments', operations: ['CREATE', 'UPDATE'], timeoutSeconds: TIMEOUT_SECONDS },
      spared: ['amid', ...later],
      probe: ['create', 'deployment', 'probe', '--image=probe'],
    });
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    const names = Array.from({ length: MANY_HELD }, (_, index) => (index === MANY_HELD / 2 ? 'amid' : `held-${index}`));
    await kube.apply(...names.map((name) => botModule(name, namespace)));
    await eventually(() => webhook.held >= SLOW_LIMITS.ofCollection.all, { what: 'requests to be held', timeoutMs: 60_000 });
    const durationsMs: number[] = [];
    for (const name of later) {
      const startedMs = performance.now();
      await kube.apply(botModule(name, namespace));
      await untilReady(kube, { kind: 'botmodule', name, namespace }, 'Ready');
      durationsMs.push(performance.now() - startedMs);
    }
    await untilReady(kube, { kind: 'botmodule', name: 'amid', namespace }, 'Ready');
    expect(Math.max(...durationsMs)).toBeLessThan(20_000);
    await webhook[Symbol.asyncDispose]();
    expect(operator.warnings.filter((line) => line.includes('bug'))).toEqual([]);
  });

  it('is named by a schedule before all of its targets were attempted, and does not keep it from removing former CronJobs', async () => {
    const { kube, s3 } = world;
    const namespace = await world.newNamespace();
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace, clock: TEN_TIMES_FASTER });
    const backed = { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } };
    const names = Array.from({ length: 10 }, (_, index) => `target-${index}`);
    await kube.apply(...s3Store('store', namespace, s3), backupSchedule('nightly', namespace));
    await kube.apply(...names.map((name) => botModule(name, namespace, backed)));
    await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated', '10 modules');
    await using webhook = await startDeafWebhook(kube, {
      ...{ namespace, group: 'batch', resource: 'cronjobs', operations: ['UPDATE'], timeoutSeconds: 1 },
      probe: ['annotate', 'cronjob', 'nightly-target-0-backup', 'a=b'],
    });
    await kube.apply(backupSchedule('nightly', namespace, { schedule: '15 4 * * *' }));
    await eventually(() => webhook.held > 0, { what: 'a CronJob to be held', timeoutMs: 60_000 });
    await kube.apply(botModule('target-9', namespace, { persistentVolumeClaim: {} }));
    const { message } = await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'Pending', 'deaf.example.com');
    const isRemoved = async () => (await kube.kubectl(['get', 'cronjobs', '-n', namespace, '-o', 'name'])).split('target-9').length === 1;
    await eventually(isRemoved, { what: 'the CronJob of target-9 to be removed', timeoutMs: 60_000 });
    await webhook[Symbol.asyncDispose]();
    expect(message).toContain('not attempted yet');
    expect(operator.warnings.filter((line) => line.includes('took longer'))).toEqual([]);
  });
});
