/**
 * Modules made, edited and held, beside an operator in Go that makes the same objects, on one real API server whose pods kwok
 * plays; and how long a second replica takes to go on.
 *
 *   npm run bench -- operator [--modules 1000] [--runs 3] [--alone] [--foreign 20000]
 *
 * `--alone` leaves the Go operator out. Compiles it otherwise, which takes some minutes the first time. Last, the memory of an operator of
 * all namespaces beside so many objects of other applications, and how long its event loop is held up by the longest configurations.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { eventually, startControlPlane, startKwok } from '@eeveebot/testing';
import { Api, type Seen } from './api.ts';
import { Contender, type Program } from './contender.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EDITS = 200;
const IDLE_MS = 20_000;

const { values } = parseArgs({
  options: {
    modules: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    alone: { type: 'boolean', default: false },
    foreign: { type: 'string', default: '20000' },
  },
});
const [modules, runs] = [Number(values.modules), Number(values.runs)];
const folder = mkdtempSync(join(tmpdir(), 'eevee-bench-'));

const image = imageStart();
const eevee: Program = {
  name: 'eevee',
  command: [process.execPath, ...image.flags, join(folder, 'operator.cjs')],
  env: image.env,
  readyPath: '/readyz',
  requestCounter: 'rest_client_requests_total',
};
const go: Program = { name: 'go', command: [join(folder, 'peer')], readyPath: '/metrics', requestCounter: 'bench_requests_total' };

try {
  execFileSync(process.execPath, [join(ROOT, 'scripts/bundle.mjs'), 'src/main.ts', join(folder, 'operator.cjs')], {
    cwd: join(ROOT, 'apps/operator'),
  });
  if (!values.alone)
    execFileSync('go', ['build', '-o', join(folder, 'peer'), '.'], { cwd: join(ROOT, 'bench/operator/peer'), stdio: 'inherit' });
  await using kube = await startControlPlane({ scheduler: true });
  await using pods = await startKwok(kube);
  await pods.addNode();
  await kube.kubectl(['apply', '--server-side', '-f', join(ROOT, 'crds')]);
  await kube.kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', join(ROOT, 'crds')]);
  const api = await Api.of(kube);
  const port = Number(new URL(kube.url).port);
  const world = { kube, api, port };
  console.log(
    `${modules} modules, ${runs} runs; medians; ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)} at the start`,
  );
  const results = new Map<string, Creation[]>();
  for (let run = 0; run < runs; run++) {
    for (const program of values.alone ? [eevee] : [eevee, go]) {
      const result = await creation(program, world, { namespace: `${program.name}-${run}`, isLast: run === runs - 1 });
      results.set(program.name, [...(results.get(program.name) ?? []), result]);
    }
  }
  for (const [name, each] of results) console.log(`  ${name.padEnd(6)} ${described(each)}`);
  await failover('SIGTERM', world);
  await failover('SIGKILL', world);
  await longConfigs(world);
  await besideOthers(Number(values.foreign), world);
  api.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Modules that are all ready, and what is known of them: generations by name. */
interface Held {
  readonly program: Program;
  readonly namespace: string;
  readonly deployed: ReadonlyMap<string, number>;
  readonly ready: ReadonlyMap<string, number>;
}

interface World {
  readonly kube: Awaited<ReturnType<typeof startControlPlane>>;
  readonly api: Api;
  readonly port: number;
}

/** Cost of creating all modules. */
interface Creation {
  readonly deployedSeconds: number;
  readonly readySeconds: number;
  readonly requestsPerModule: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
  readonly connections: number;
  /** Longest time that the event loop was held up; 0 for a program without one. */
  readonly heldUpMs: number;
}

async function creation(
  program: Program,
  world: World,
  { namespace, isLast }: { readonly namespace: string; readonly isLast: boolean },
): Promise<Creation> {
  const { kube, api } = world;
  await kube.kubectl(['create', 'namespace', namespace]);
  await using contender = await Contender.start(program, { kubeconfig: kube.kubeconfig, namespace, folder });
  const stop = new AbortController();
  const deployed = new Map<string, number>();
  /** The generation at which each module was last ready. */
  const ready = new Map<string, number>();
  const began = performance.now();
  let [deployedMs, readyMs] = [0, 0];
  api.watch(collection('apps/v1', namespace, 'deployments'), { signal: stop.signal, metadataOnly: true }, ({ metadata }) => {
    deployed.set(metadata.name, metadata.generation ?? 0);
    if (deployed.size === modules && deployedMs === 0) deployedMs = performance.now() - began;
  });
  api.watch(collection('eevee.bot/v1', namespace, 'botmodules'), { signal: stop.signal }, (seen) => {
    if (isReady(seen)) ready.set(seen.metadata.name, seen.status?.observedGeneration ?? 0);
    if (ready.size === modules && readyMs === 0) readyMs = performance.now() - began;
  });
  const before = { requests: await contender.requests(), cpu: contender.cpuSeconds };
  await inParallel(modules, (index) => api.send('POST', collection('eevee.bot/v1', namespace, 'botmodules'), botModule(index, namespace)));
  await eventually(() => readyMs > 0, { what: `${modules} modules to be ready`, timeoutMs: 600_000, intervalMs: 20 }).catch(
    (cause: unknown) => {
      throw new Error(`after 10 minutes ${deployed.size} Deployments exist and ${ready.size} modules are ready`, { cause });
    },
  );
  const cpuSeconds = contender.cpuSeconds - before.cpu;
  const metric = await contender.scrape();
  const result = {
    deployedSeconds: deployedMs / 1000,
    readySeconds: readyMs / 1000,
    requestsPerModule: (metric(program.requestCounter) - before.requests) / modules,
    cpuSeconds,
    heldUpMs: metric('nodejs_eventloop_lag_max_seconds') * 1000,
    mebibytes: contender.mebibytes,
    connections: contender.connectionsTo(world.port),
  };
  if (isLast) await hold(contender, { program, namespace, deployed, ready }, world);
  stop.abort();
  await kube.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  return result;
}

/**
 * Edits modules one by one, each when the one before runs again: what is measured is an edit in a cluster at rest, not the roll-out
 * of the edit before it. Then does nothing for a while.
 */
async function hold(contender: Contender, { program, namespace, deployed, ready }: Held, { api }: World): Promise<void> {
  const atRest = async () => (await quietRequests(contender, 3_000)) === 0;
  await eventually(atRest, { what: 'the operator to be done', timeoutMs: 300_000 });
  const latencies: number[] = [];
  for (let edit = 0; edit < EDITS; edit++) {
    const name = `m${(edit * 37) % modules}`;
    const [generation, moduleGeneration] = [deployed.get(`eevee-${name}-module`) ?? 0, ready.get(name) ?? 0];
    const began = performance.now();
    await api.send('PATCH', `${collection('eevee.bot/v1', namespace, 'botmodules')}/${name}`, {
      spec: { image: `eevee/echo:edit-${edit}` },
    });
    const isPatched = () => (deployed.get(`eevee-${name}-module`) ?? 0) !== generation;
    await eventually(isPatched, { what: `the Deployment of ${name} to follow its edit`, intervalMs: 1 });
    latencies.push(performance.now() - began);
    await eventually(() => (ready.get(name) ?? 0) > moduleGeneration, { what: `${name} to run again`, intervalMs: 5 });
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (part: number) => (sorted[Math.floor(part * sorted.length)] ?? 0).toFixed(0);
  console.log(`  ${program.name.padEnd(6)} edit → Deployment patched: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  await eventually(atRest, { what: 'the operator to be done', timeoutMs: 300_000 });
  const requests = await quietRequests(contender, IDLE_MS);
  console.log(`  ${program.name.padEnd(6)} nothing happens for ${IDLE_MS / 1000} s: ${requests} requests, ${contender.mebibytes} MiB`);
}

async function quietRequests(contender: Contender, forMs: number): Promise<number> {
  const before = await contender.requests();
  await pause(forMs);
  return (await contender.requests()) - before;
}

/** Two replicas; the leader ends. */
async function failover(signal: NodeJS.Signals, { kube }: World): Promise<void> {
  const namespace = `failover-${signal.toLowerCase()}`;
  await kube.kubectl(['create', 'namespace', namespace]);
  const start = (name: string) =>
    Contender.start(
      { ...eevee, name: `${eevee.name}-${name}` },
      { kubeconfig: kube.kubeconfig, namespace, folder, env: { LEADER_ELECTION: 'true', HOSTNAME: name } },
    );
  await using first = await start('first');
  const leads = (contender: Contender) => async () => (await contender.metric('leader_election_master_status')) === 1;
  await eventually(leads(first), { what: 'the first to lead' });
  await using second = await start('second');
  const began = performance.now();
  process.kill(first.server.pid, signal);
  await eventually(leads(second), { what: 'the second to lead', intervalMs: 10, timeoutMs: 60_000 });
  console.log(`  failover on ${signal}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Twenty configurations of 250 KiB in thousands of keys: the longest time in which the operator did nothing else. */
async function longConfigs({ kube, api }: World): Promise<void> {
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
async function besideOthers(count: number, { kube, api }: World): Promise<void> {
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

/** Node's flags and the environment with which the image starts the operator. */
function imageStart(): { readonly flags: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const dockerfile = readFileSync(join(ROOT, 'apps/operator/Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const flags = (JSON.parse(entrypoint) as readonly string[]).filter((part) => part.startsWith('--'));
  const settings = [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value] as const);
  return { flags, env: Object.fromEntries(settings) };
}

function botModule(index: number, namespace: string): object {
  return {
    apiVersion: 'eevee.bot/v1',
    kind: 'BotModule',
    metadata: { name: `m${index}`, namespace },
    spec: { moduleName: `m${index}`, image: 'eevee/echo:1', moduleConfig: `greeting: hello ${index}\n` },
  };
}

function collection(group: string, namespace: string, plural: string): string {
  return `/apis/${group}/namespaces/${namespace}/${plural}`;
}

function isReady({ status }: Seen): boolean {
  return status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

function described(each: readonly Creation[]): string {
  const median = (value: (result: Creation) => number) => {
    const sorted = each.map(value).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  const rate = modules / median((result) => result.readySeconds);
  return [
    `all Deployments after ${median((result) => result.deployedSeconds).toFixed(1)} s`,
    `all Ready after ${median((result) => result.readySeconds).toFixed(1)} s (${rate.toFixed(0)} a second)`,
    `${median((result) => result.requestsPerModule).toFixed(2)} requests a module`,
    `${median((result) => result.cpuSeconds).toFixed(1)} s of processor`,
    `${median((result) => result.mebibytes)} MiB`,
    `${median((result) => result.connections)} connections`,
    `event loop held up ${median((result) => result.heldUpMs).toFixed(0)} ms at most`,
  ].join(', ');
}
