import {
  deleteClaim,
  deleteJobs,
  MODULES,
  PERSONAL,
  putModule,
  restartApi,
  RESTORES,
  WAITS_MS,
  type Action,
  type Step,
} from './actions.ts';
import { seeded, weighted, type Random, type Weighted } from './random.ts';
import { SCENES } from './scenes.ts';

/** Weights of the actions. */
const ACTIONS: Weighted<Action> = [
  [20, putModule],
  [22, (random) => ({ do: 'put-restore', restore: random.pick(RESTORES), module: random.pick(MODULES) })],
  [12, (random) => ({ do: 'delete', kind: 'backuprestore', name: random.pick(RESTORES) })],
  [6, (random) => ({ do: 'delete', kind: 'botmodule', name: random.pick(MODULES), cascade: random.pick(['background', 'foreground']) })],
  [8, (random) => deleteJobs(random.pick(['restore', 'restore', 'backup']))],
  [4, (random) => deleteClaim(random.pick(MODULES))],
  [2, (random) => ({ do: 'delete-labelled', kind: 'deployments', selector: `eevee.bot/module=${random.pick(MODULES)}` })],
  [4, (random) => ({ do: 'put-schedule', suspend: random.percent(30) })],
  [2, () => ({ do: 'delete', kind: 'backupschedule', name: 'nightly' })],
  [4, (random) => ({ do: 'backup-now', value: `v${random.below(1_000_000)}` })],
  [2, (random) => ({ do: 'pause', kind: 'botmodule', name: random.pick(MODULES), paused: random.percent(25) })],
  [2, (random) => ({ do: 'pause', kind: 'backupschedule', name: 'nightly', paused: random.percent(25) })],
  [2, (random) => ({ do: 'put-personal', object: random.pick(PERSONAL) })],
  [3, (random) => ({ do: 'replace-with-personal', object: random.pick(PERSONAL) })],
  [2, (random) => ({ do: 'rotate-token', value: `v${random.below(1_000_000)}` })],
  [3, (random) => ({ do: 'quota', jobs: random.percent(75) })],
  [3, (random) => ({ do: 'store', answers: random.percent(75) })],
  [2, (random) => ({ do: 'recreate-claim', module: random.pick(MODULES) })],
  [2, restartApi],
  [8, (random) => disturbance(random)],
  [5, (random) => trouble(random)],
];

/** Percentage of draws that yield a scene rather than a single step. */
const SCENE_PERCENT = 25;

function disturbance(random: Random): Action {
  const kind = random.below(3);
  if (kind === 0) return { do: 'kill-at-write', writes: 1 + random.below(4) };
  if (kind === 1) return { do: 'lag', resource: random.pick(LAGGING), ms: 500 + random.below(3_000) };
  return { do: 'operator', how: random.pick(['kill', 'terminate', 'freeze']) };
}

/** Trouble of the cluster or of the operator's machine. */
function trouble(random: Random): Action {
  switch (random.below(6)) {
    case 0:
      return { do: 'outage', ms: 500 + random.below(4_000) };
    case 1:
      return { do: 'expire-watches' };
    case 2:
      return { do: 'clock', offsetS: random.pick([-86_400, -3_600, -20, 0, 20, 3_600, 86_400]) };
    case 3:
      return { do: 'second-operator' };
    default:
      return { do: 'refuse', resource: random.pick(REFUSED), ms: 1_000 + random.below(6_000), code: random.pick([403, 403, 422]) };
  }
}

/** Resources whose writes an admission policy may refuse. */
const REFUSED = [
  'persistentvolumeclaims',
  'deployments',
  'jobs',
  'cronjobs',
  'secrets',
  'configmaps',
  'backuprestores',
  'services',
] as const;

/** Resources whose watch can lag behind the others. */
const LAGGING = ['pods', 'jobs', 'persistentvolumeclaims', 'deployments', 'botmodules', 'backuprestores', 'secrets', 'configmaps'] as const;

/**
 * A history of `length` steps, determined only by the seed, not by events in the cluster, so that any part of a history can be replayed.
 */
export function randomHistory(seed: number, length: number): readonly Step[] {
  const random = seeded(seed);
  // Nothing happens without modules.
  const steps: Step[] = MODULES.map((module) => ({
    ...{ ...putModule(random), module, enabled: true },
    thenMs: random.pick(WAITS_MS),
  }));
  while (steps.length < length) {
    if (random.percent(SCENE_PERCENT)) steps.push(...weighted(SCENES, random));
    else steps.push({ ...weighted(ACTIONS, random), thenMs: random.pick(WAITS_MS) });
  }
  return steps.slice(0, length);
}

/** A step as one readable line. */
export function stepText({ thenMs, ...action }: Step): string {
  const { do: verb, ...rest } = action;
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return `${verb} ${details.join(' ')}, then ${thenMs} ms`;
}
