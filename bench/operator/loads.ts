import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@eeveebot/testing';
import { Contender, type Program } from './contender.ts';
import { botModule, collection, inParallel, isReady } from './objects.ts';
import { IDLE_MS, type World } from './world.ts';

/** Twenty configurations of 250 KiB in thousands of keys: the longest delay of the event loop. */
export async function longConfigs(eevee: Program, { kube, api, folder }: World): Promise<void> {
  const namespace = 'long-configs';
  await kube.kubectl(['create', 'namespace', namespace]);
  await using contender = await Contender.start(eevee, { kubeconfig: kube.kubeconfig, namespace, folder });
  const stop = new AbortController();
  const ready = new Set<string>();
  api.watch(collection('eevee.bot/v1', namespace, 'botmodules'), { signal: stop.signal }, (seen) => {
    if (isReady(seen)) ready.add(seen.metadata.name);
  });
  // The longest so far is that of the start; reading it resets it.
  await contender.metric('nodejs_eventloop_lag_max_seconds');
  const before = contender.mebibytes;
  await inParallel(20, (index) => {
    const moduleConfig = Array.from({ length: 23_000 }, (_, key) => `k${key}: ${index}`).join('\n');
    const spec = { moduleName: `m${index}`, image: 'eevee/echo:1', moduleConfig };
    return api.send('POST', collection('eevee.bot/v1', namespace, 'botmodules'), { ...botModule(index, namespace), spec });
  });
  await eventually(() => ready.size === 20, { what: 'modules with long configurations to be ready', timeoutMs: 600_000 });
  const metric = await contender.scrape();
  const [max, p99] = [metric('nodejs_eventloop_lag_max_seconds'), metric('nodejs_eventloop_lag_p99_seconds')];
  console.log(
    `  20 configurations of 250 KiB: event loop held up ${(max * 1000).toFixed(0)} ms at most, p99 ${(p99 * 1000).toFixed(0)} ms; ${before} → ${contender.mebibytes} MiB`,
  );
  stop.abort();
}

/** Objects of other applications, of the types that the operator watches; pods and Jobs it selects by their labels. */
export async function besideOthers(eevee: Program, count: number, { kube, api, folder }: World): Promise<void> {
  const namespace = 'others';
  await kube.kubectl(['create', 'namespace', namespace]);
  const text = 'x'.repeat(2_000);
  const metadata = (index: number) => ({
    name: `shop-${index}`,
    namespace,
    labels: { app: 'shop', part: `p${index % 100}` },
    annotations: { note: text },
  });
  const labels = { app: 'shop' };
  const kinds = [
    ['/api/v1', 'configmaps', { data: { text } }],
    ['/api/v1', 'secrets', { stringData: { text } }],
    ['/api/v1', 'services', { spec: { ports: [{ port: 80 }], clusterIP: 'None' } }],
    [
      '/apis/apps/v1',
      'deployments',
      {
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels, annotations: { text } }, spec: { containers: [{ name: 'shop', image: 'shop' }] } },
        },
      },
    ],
  ] as const;
  await inParallel(count, (index) => {
    const [group, plural, content] = kinds[index % kinds.length] ?? kinds[0];
    return api.send('POST', `${group}/namespaces/${namespace}/${plural}`, { metadata: metadata(index), ...content });
  });
  await using contender = await Contender.start(eevee, {
    kubeconfig: kube.kubeconfig,
    namespace: 'default',
    folder,
    env: { WATCH_OTHER_NAMESPACES: 'true' },
  });
  await pause(IDLE_MS);
  console.log(`  beside ${count} objects of others, all namespaces watched: ${contender.mebibytes} MiB`);
}
