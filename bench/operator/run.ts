/**
 * Modules are created, edited and kept running, compared with an operator in Go that creates the same objects, on one real API server with
 * pods simulated by kwok; also measures how long a second replica takes to continue.
 *
 *   npm run bench -- operator [--modules 1000] [--runs 3] [--alone] [--foreign 20000]
 *
 * `--alone` omits the Go operator, whose compilation takes some minutes the first time. At the end, measures the memory of an operator of
 * all namespaces beside objects of other applications, and how long modules and the longest configurations hold up its event loop.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startControlPlane, startKwok } from '@eeveebot/testing';
import { Api } from './api.ts';
import type { Program } from './contender.ts';
import { type Creation, creation, described } from './creation.ts';
import { failover } from './failover.ts';
import { besideOthers, eventLoop } from './loads.ts';
import { assertSameObjects } from './same-objects.ts';
import { eeveeProgram, ROOT, type World } from './world.ts';

/** Modules that each program creates before anything is measured. */
const WARM_UP_MODULES = 200;

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

const eevee = eeveeProgram(folder);
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
  const world: World = { kube, api, port, folder, modules };
  console.log(
    `${modules} modules, ${runs} runs; medians; ${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)} at the start`,
  );
  const results = new Map<string, Creation[]>();
  const programs = values.alone ? [eevee] : [eevee, go];
  await assertSameObjects(programs, world);
  // The first modules of a new control plane take it longer than all later ones.
  for (const program of programs)
    await creation(program, { ...world, modules: WARM_UP_MODULES }, { namespace: `warm-up-${program.name}`, isLast: false });
  for (let run = 0; run < runs; run++) {
    for (const program of programs) {
      const result = await creation(program, world, { namespace: `${program.name}-${run}`, isLast: run === runs - 1 });
      results.set(program.name, [...(results.get(program.name) ?? []), result]);
    }
  }
  for (const [name, each] of results) console.log(`  ${name.padEnd(6)} ${described(each, modules)}`);
  await failover(eevee, 'SIGTERM', world);
  await failover(eevee, 'SIGKILL', world);
  await eventLoop(eevee, world);
  await besideOthers(eevee, Number(values.foreign), world);
  api.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
