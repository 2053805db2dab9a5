import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@eeveebot/testing';
import { Contender, type Program } from './contender.ts';
import type { Turns } from './longest-turn.ts';
import { botModule, collection, inParallel, isReady } from './objects.ts';
import { IDLE_MS, type World } from './world.ts';

/** By then, the longest turns have been written. */
const TURNS_MS = 2_000;

/** Modules created at once, then twenty configurations of 250 KiB in thousands of keys: how long they hold up the event loop. */
export async function eventLoop(eevee: Program, { kube, api, folder, modules }: World): Promise<void> {
  const namespace = 'event-loop';
  await kube.kubectl(['create', 'namespace', namespace]);
  const turnFile = join(folder, 'longest-turn');
  const [node, ...rest] = eevee.command;
  const command = [node, '--import', join(import.meta.dirname, 'longest-turn.ts'), ...rest] as const;
  const env = { ...eevee.env, LONGEST_TURN_FILE: turnFile };
  await using contender = await Contender.start({ ...eevee, command, env }, { kubeconfig: kube.kubeconfig, namespace, folder });
  const stop = new AbortController();
  const ready = new Set<string>();
  api.watch(collection('eevee.bot/v1', namespace, 'botmodules'), { signal: stop.signal }, (seen) => {
    if (isReady(seen)) ready.add(seen.metadata.name);
  });
  const load = async (what: string, { first, count, spec }: Load): Promise<void> => {
    // The longest so far is that of the start; reading it resets it.
    await contender.metric('nodejs_eventloop_lag_max_seconds');
    process.kill(contender.server.pid, 'SIGUSR2');
    const before = contender.mebibytes;
    await inParallel(count, (index) =>
      api.send('POST', collection('eevee.bot/v1', namespace, 'botmodules'), {
        ...botModule(first + index, namespace),
        ...spec(first + index),
      }),
    );
    await eventually(() => ready.size === first + count, { what: `${what} to be ready`, timeoutMs: 600_000 });
    const metric = await contender.scrape();
    const [max, p99] = (['max', 'p99'] as const).map((each) => (metric(`nodejs_eventloop_lag_${each}_seconds`) * 1000).toFixed(0));
    // The last turns are judged when Node.js has reported the garbage collections in them.
    await pause(TURNS_MS);
    const { longestMs, withoutMajorCollectionMs } = JSON.parse(readFileSync(turnFile, 'utf8')) as Turns;
    console.log(
      `  ${what}: longest turn of the event loop ${longestMs.toFixed(1)} ms of processor time, without major garbage collections ${withoutMajorCollectionMs.toFixed(1)} ms; delay ${max} ms at most, p99 ${p99} ms; ${before} → ${contender.mebibytes} MiB`,
    );
  };
  await load(`${modules} modules`, { first: 0, count: modules, spec: () => ({}) });
  await load('20 configurations of 250 KiB', { first: modules, count: 20, spec: (index) => ({ spec: longConfig(index) }) });
  stop.abort();
}

/** Modules that are created at once, with numbers from `first` on. */
interface Load {
  readonly first: number;
  readonly count: number;
  readonly spec: (index: number) => object;
}

function longConfig(index: number): object {
  const moduleConfig = Array.from({ length: 23_000 }, (_, key) => `k${key}: ${index % 10}`).join('\n');
  return { moduleName: `m${index}`, image: 'eevee/echo:1', moduleConfig };
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
