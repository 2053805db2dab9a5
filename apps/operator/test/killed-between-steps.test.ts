import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ControlPlane, eventually, type S3Server } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BackupRestore, BotModule, Condition } from '@eeveebot/crds';
import type { CronJob, Deployment, Job, PersistentVolumeClaim, Pod } from '../src/resource-types/kubernetes.ts';
import { runKilledAt, type KilledRun } from './killed-operator.ts';
import { startOperator } from './running-operator.ts';
import { backupRestore, backupSchedule, botModule, makeVolumes, newNamespace, s3Store, untilReady } from './world.ts';

const ID = '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d';
const MODULE = 'echo';
const CLAIM = 'eevee-echo-module-pvc';
const DEPLOYMENT = 'eevee-echo-module';

const isChange = (method: string): boolean => method === 'PATCH' || method === 'POST';

/** Concurrent runs. */
const PARALLEL = 3;

/** More steps than any scenario takes. */
const MOST_STEPS = 60;

interface List<T> {
  readonly items: readonly T[];
}

describe('operator killed at any step', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let s3: S3Server;

  beforeAll(async () => {
    ({ kube, s3 } = servers);
    await makeVolumes(
      kube,
      Array.from({ length: 2 * MOST_STEPS }, (_, index) => `volume-${index}`),
    );
  });

  /**
   * Kills the operator at the first write, at the second, and so on until there are no more writes, and compares each final state with that
   * of an undisturbed run.
   *
   * @returns the writes of all runs with a kill. Kinds are reconciled concurrently, so the n-th write differs from run to run.
   */
  async function killAtEachStep(scenario: Scenario): Promise<readonly string[]> {
    const undisturbed = await run(scenario, 0, undefined);
    const writesSeen: string[] = [];
    for (let first = 1; first <= MOST_STEPS; first += PARALLEL) {
      const steps = Array.from({ length: PARALLEL }, (_, index) => first + index);
      const runs = await Promise.all(steps.map((step) => run(scenario, step, undisturbed.world)));
      for (const { killed } of runs) if (killed.wasKilled) writesSeen.push(...killed.writes);
      if (runs.some(({ killed }) => !killed.wasKilled)) return writesSeen;
    }
    throw new Error(`still at work after ${MOST_STEPS} writes`);
  }

  async function run(scenario: Scenario, step: number, expected: object | undefined): Promise<{ killed: KilledRun; world: object }> {
    const namespace = await newNamespace(kube);
    const file = join(s3.folder, 'buckets/backups', namespace, MODULE, `${ID}.tar.gz`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'whatever');
    await scenario.prepare(namespace);
    const violations: string[] = [];
    let world: object = {};
    const killed = await runKilledAt({
      step,
      kube,
      namespace,
      arriving: async (request) => {
        const violation = await violationOf(request, namespace);
        if (violation !== undefined) violations.push(violation);
      },
      done: async () => {
        await scenario.begin(namespace);
        await scenario.untilDone(namespace);
        world = await eventually(
          async () => {
            const found = await observedWorld(namespace);
            if (expected !== undefined) expect(found, `the world after a kill at write ${step}`).toEqual(expected);
            return found;
          },
          { what: `the world to be as after an undisturbed run (killed at write ${step})` },
        );
      },
    });
    expect(violations, `killed at write ${step}: ${killed.writes[step - 1]}`).toEqual([]);
    const jobs = killed.writes.filter((write) => /^POST .*\/jobs 201$/.test(write));
    expect(jobs, `Jobs made, killed at write ${step}: ${killed.writes[step - 1]}`).toHaveLength(1);
    return { killed, world };
  }

  /** Requests that must never be sent, in any order of events. */
  async function violationOf({ method, url }: { method: string; url: string }, namespace: string): Promise<string | undefined> {
    if (isChange(method) && url.includes('/jobs') && !url.includes('dryRun')) {
      const { items } = await kube.get<List<Pod>>('pods', '-n', namespace);
      const user = items.find(
        ({ spec, status }) =>
          spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === CLAIM) &&
          status?.phase !== 'Succeeded' &&
          status?.phase !== 'Failed',
      );
      return user && `a restore is started while pod ${user.metadata.name} has the volume`;
    }
    if (method === 'DELETE' && url.includes('/jobs/')) {
      const { items } = await kube.get<List<Job>>('jobs', '-n', namespace);
      const isComplete = items.every(({ status }) =>
        status?.conditions?.some(({ type, status: holds }) => type === 'Complete' && holds === 'True'),
      );
      return isComplete ? undefined : 'a Job is deleted before its end';
    }
    if (isChange(method) && url.includes('/deployments')) {
      const claim = await kube.get<PersistentVolumeClaim>('pvc', CLAIM, '-n', namespace);
      return claim.metadata.annotations?.['eevee.bot/bootstrapped'] === 'true'
        ? undefined
        : 'the module is started on a volume that is not noted as live';
    }
    return undefined;
  }

  /** The state to compare: specs, and conditions without their times. */
  async function observedWorld(namespace: string): Promise<object> {
    const all = async <T>(kind: string) => (await kube.get<List<T>>(kind, '-n', namespace)).items;
    const reasons = (conditions: readonly Condition[] = []) =>
      conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).toSorted();
    const [modules, restores, deployments, claims, jobs, cronJobs] = await Promise.all([
      all<BotModule>('botmodules'),
      all<BackupRestore>('backuprestores'),
      all<Deployment>('deployments'),
      all<PersistentVolumeClaim>('pvc'),
      all<Job>('jobs'),
      all<CronJob>('cronjobs'),
    ]);
    const world = {
      modules: modules.map(({ status }) => reasons(status?.conditions)),
      restores: restores.map(({ status }) => [reasons(status?.conditions), status?.backupId, status?.key, status?.jobName]),
      deployments: deployments.map(({ metadata, spec }) => [metadata.name, spec]),
      claims: claims.map(({ metadata }) => [metadata.labels, metadata.annotations?.['eevee.bot/bootstrapped']]),
      jobs: jobs.map(({ metadata, spec }) => [metadata.name, spec?.template.spec?.containers[0]?.env]),
      cronJobs: cronJobs.map(({ metadata, spec }) => [metadata.name, spec?.suspend]),
    };
    return JSON.parse(JSON.stringify(world).replaceAll(namespace, 'NAMESPACE')) as object;
  }

  it('during a first start from a backup restores it once, and the module runs on it', async () => {
    const writes = await killAtEachStep({
      prepare: () => Promise.resolve(),
      begin: (namespace) =>
        kube.apply(
          ...s3Store('store', namespace, s3),
          botModule(MODULE, namespace, { persistentVolumeClaim: {}, bootstrapFromBackup: { s3Store: { name: 'store' } } }),
        ),
      untilDone: async (namespace) => {
        await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Ready');
      },
    });
    for (const part of ['/persistentvolumeclaims', '/jobs', '/deployments', '/status']) expect(writes.join('\n')).toContain(part);
  });

  it('during a restore over a running module restores it once, and everything continues as before', async () => {
    const writes = await killAtEachStep({
      prepare: async (namespace) => {
        await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
        await kube.apply(
          ...s3Store('store', namespace, s3),
          backupSchedule('nightly', namespace),
          botModule(MODULE, namespace, { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } }),
        );
        await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Ready');
        await untilReady(kube, { kind: 'backupschedule', name: 'nightly', namespace }, 'CronJobsCreated');
        expect(operator.warnings).toEqual([]);
      },
      begin: (namespace) => kube.apply(backupRestore('back', namespace, MODULE)),
      untilDone: async (namespace) => {
        await untilReady(kube, { kind: 'backuprestore', name: 'back', namespace }, 'Succeeded');
        await untilReady(kube, { kind: 'botmodule', name: MODULE, namespace }, 'Ready');
        await eventually(
          async () => {
            const deployment = await kube.get<Deployment>('deployment', DEPLOYMENT, '-n', namespace);
            const cronJob = await kube.get<CronJob>('cronjob', `nightly-${MODULE}-backup`, '-n', namespace);
            return deployment.status?.readyReplicas === 1 && cronJob.spec?.suspend === false;
          },
          { what: 'the module to run again and to be backed up' },
        );
      },
    });
    for (const part of ['/backuprestores/back/status', '/jobs', '/deployments/', '/cronjobs/']) expect(writes.join('\n')).toContain(part);
  });
});

/** A task that takes the operator several steps. */
interface Scenario {
  /** Creates the initial state, before the operator that will be killed starts. */
  prepare(namespace: string): Promise<void>;
  /** Requests the task. */
  begin(namespace: string): Promise<void>;
  untilDone(namespace: string): Promise<void>;
}
