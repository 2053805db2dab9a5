import { beforeAll, describe, expect, it } from 'vitest';
import { eventually, type ControlPlane } from '@eeveebot/testing';
import { ApiError } from '../../src/controller/errors.ts';
import { comeBackLater, ApiServerProxy } from './api-server-proxy.ts';
import { newNamespace, Runtime } from './runtime.ts';
import { useWidgets } from './use-widgets.ts';
import { reconcileWidget, widget, widgetController } from './widgets.ts';

const widgets = useWidgets();
const { madeFor, untilMade, lookAgain } = widgets;
let kube: ControlPlane;

beforeAll(() => {
  ({ kube } = widgets);
});

describe('failing reconcile', () => {
  it('does not affect others, is retried with growing delays, and is counted', async () => {
    const namespace = await newNamespace(kube);
    const attempts: number[] = [];
    const definition = widgetController({
      concurrency: 1,
      reconcile: async (key, context) => {
        if (key.name !== 'bad') return reconcileWidget(key, context);
        attempts.push(performance.now());
        if (attempts.length < 8) throw new Error('not yet');
      },
    });
    await kube.apply(...['bad', 'good', 'fine'].map((name) => widget({ namespace, name }, 'red')));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    for (const name of ['good', 'fine']) await untilMade(namespace, name, 'red');
    await eventually(() => attempts.length === 8);
    const gaps = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
    expect(gaps.at(-1)).toBeGreaterThan(5 * 2 ** 5);
    await eventually(async () => (await runtime.reconciles('error')) === 7);
    expect(runtime.log).toContain('warn cannot reconcile, trying again not yet');
  });

  it.each([
    { code: 404, reason: 'NotFound' },
    { code: 409, reason: 'Conflict' },
  ])('is not worth a warning while it may only be outdated: $reason', async (kind) => {
    const namespace = await newNamespace(kube);
    let attempts = 0;
    const definition = widgetController({
      watches: [],
      reconcile: async () => {
        attempts += 1;
        if (attempts === 6 || attempts > 14) return undefined;
        throw new AggregateError([new ApiError('it was just there', kind)]);
      },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    await eventually(() => attempts === 6);
    await runtime.settled();
    const lines = (beginning: string) => runtime.log.filter((line) => line.startsWith(beginning)).length;
    const info = 'info an object was changed or deleted at the same time, trying again';
    expect([lines(info), lines('warn')]).toEqual([5, 0]);
    await lookAgain(namespace);
    await eventually(() => attempts === 15);
    expect([lines(info), lines('warn cannot reconcile, trying again')]).toEqual([11, 2]);
  });

  it('is retried after a rejected request only on a change, or after a long time', async () => {
    const namespace = await newNamespace(kube);
    let attempts = 0;
    const definition = widgetController({
      watches: [],
      reconcile: async () => {
        attempts += 1;
        throw new ApiError('spec.value is nonsense', { code: 422, reason: 'Invalid' });
      },
    });
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    await eventually(() => attempts === 1);
    await runtime.settled();
    expect(attempts).toBe(1);
    await lookAgain(namespace);
    await eventually(() => attempts === 2);
    expect(runtime.log).toContain('error cannot reconcile until something changes: trying again later spec.value is nonsense');
  });

  it('waits as long as the API server asks', async () => {
    const namespace = await newNamespace(kube);
    await using proxy = await ApiServerProxy.before(kube.kubeconfig);
    const isApply = ({ method, url }: { method: string; url: string }) => method !== 'GET' && url.includes('/configmaps');
    let refused = 0;
    proxy.faultFor = (request) => {
      if (!isApply(request) || refused > 0) return undefined;
      refused += 1;
      return comeBackLater(2, 'slow down');
    };
    await using runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, server: proxy.url, controllers: [widgetController()] });
    await runtime.synced();
    await kube.apply(widget({ namespace, name: 'a' }, 'red'));
    await untilMade(namespace, 'a', 'red');
    const [first, second] = proxy.seen.filter(isApply).map(({ atMs }) => atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('blocks neither its worker nor the shutdown if it ignores its abort signal, and cannot write any more', async () => {
    const namespace = await newNamespace(kube);
    const released = Promise.withResolvers<void>();
    let afterwards: unknown;
    const definition = widgetController({
      concurrency: 1,
      timeoutMs: 200,
      reconcile: async (key, context) => {
        if (key.name !== 'stuck') return reconcileWidget(key, context);
        await released.promise;
        afterwards = await reconcileWidget(key, context).catch((error: unknown) => error);
      },
    });
    await kube.apply(widget({ namespace, name: 'stuck' }, 'red'));
    const runtime = new Runtime({ kubeconfig: kube.kubeconfig, namespace, controllers: [definition] });
    await runtime.synced();
    await kube.apply(widget({ namespace, name: 'other' }, 'red'));
    await untilMade(namespace, 'other', 'red');
    await runtime.stop();
    released.resolve();
    await eventually(() => afterwards !== undefined);
    expect(String(afterwards)).toContain('took longer than 200 ms');
    await expect(madeFor(namespace, 'stuck')).rejects.toThrow(/not found/);
  });
});
