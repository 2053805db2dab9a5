import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@eeveebot/testing';
import { Contender, type Program } from './contender.ts';
import { botModule, collection, inParallel, isReady } from './objects.ts';
import { IDLE_MS, type World } from './world.ts';

const EDITS = 200;

/** Modules that are all ready, and their generations by name. */
interface Held {
  readonly program: Program;
  readonly namespace: string;
  readonly deployed: ReadonlyMap<string, number>;
  readonly ready: ReadonlyMap<string, number>;
}

/** Counter of both operators. */
const RECONCILES = 'controller_runtime_reconcile_total';

/** Cost of creating all modules. */
export interface Creation {
  readonly deployedSeconds: number;
  readonly readySeconds: number;
  readonly requestsPerModule: number;
  readonly reconcilesPerModule: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
  readonly connections: number;
  /** Longest delay of the event loop; 0 for a program without one. */
  readonly heldUpMs: number;
}

/** Creates all modules, and waits until they are ready; in the last run, edits them too. */
export async function creation(
  program: Program,
  world: World,
  { namespace, isLast }: { readonly namespace: string; readonly isLast: boolean },
): Promise<Creation> {
  const { kube, api, folder, modules } = world;
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
  const before = { requests: await contender.requests(), reconciles: await contender.metric(RECONCILES), cpu: contender.cpuSeconds };
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
    reconcilesPerModule: (metric(RECONCILES) - before.reconciles) / modules,
    cpuSeconds,
    heldUpMs: metric('nodejs_eventloop_lag_max_seconds') * 1000,
    mebibytes: contender.mebibytes,
    connections: contender.connectionsTo(world.port),
  };
  if (isLast) await hold(contender, { program, namespace, deployed, ready }, world);
  stop.abort();
  // The next run must not share the control plane with the deletion.
  await kube.kubectl(['delete', 'namespace', namespace, '--timeout=300s']);
  return result;
}

/**
 * Edits modules one by one, each when the previous one runs again, so that an edit in an idle cluster is measured rather than the roll-out
 * of the previous edit. Then does nothing for a while.
 */
async function hold(contender: Contender, { program, namespace, deployed, ready }: Held, { api, modules }: World): Promise<void> {
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

/** Medians of several runs. */
export function described(each: readonly Creation[], modules: number): string {
  const median = (value: (result: Creation) => number) => {
    const sorted = each.map(value).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  const rate = modules / median((result) => result.readySeconds);
  return [
    `all Deployments after ${median((result) => result.deployedSeconds).toFixed(1)} s`,
    `all Ready after ${median((result) => result.readySeconds).toFixed(1)} s (${rate.toFixed(0)} a second)`,
    `${median((result) => result.requestsPerModule).toFixed(2)} requests and ${median((result) => result.reconcilesPerModule).toFixed(1)} reconciles a module`,
    `${median((result) => result.cpuSeconds).toFixed(1)} s of processor`,
    `${median((result) => result.mebibytes)} MiB`,
    `${median((result) => result.connections)} connections`,
    `event loop held up ${median((result) => result.heldUpMs).toFixed(0)} ms at most`,
  ].join(', ');
}
