import { seeded, type Random } from './random.ts';

/** Names are few, so that actions meet on the same objects. */
export const MODULES = ['a', 'b'] as const;
const RESTORES = ['r1', 'r2', 'r3'] as const;

/** Objects that a user made under names that the operator would take. */
export const PERSONAL = [
  { kind: 'ConfigMap', name: 'eevee-a-module-config' },
  { kind: 'Deployment', name: 'eevee-b-module' },
  { kind: 'Secret', name: 'eevee-net-nats-auth' },
  { kind: 'CronJob', name: 'nightly-a-backup' },
  { kind: 'Job', name: 'r1-restore' },
  { kind: 'Job', name: 'eevee-b-bootstrap-restore' },
] as const;

export type PersonalObject = (typeof PERSONAL)[number];

/** One thing that a user, the cluster or a failing machine does. An action on an object that is not there does nothing. */
export type Action =
  | {
      readonly do: 'put-module';
      readonly module: string;
      readonly enabled: boolean;
      readonly bootstrap: boolean;
      readonly scheduled: boolean;
      readonly image: string;
    }
  | { readonly do: 'put-restore'; readonly restore: string; readonly module: string }
  | { readonly do: 'put-schedule'; readonly suspend: boolean }
  | { readonly do: 'delete'; readonly kind: string; readonly name: string; readonly cascade?: 'background' | 'foreground' }
  /** Deletes the objects that have this label at that moment: those that the operator made. */
  | { readonly do: 'delete-labelled'; readonly kind: string; readonly selector: string }
  | { readonly do: 'backup-now'; readonly value: string }
  | { readonly do: 'pause'; readonly kind: string; readonly name: string; readonly paused: boolean }
  | { readonly do: 'put-personal'; readonly object: PersonalObject }
  | { readonly do: 'rotate-token'; readonly value: string }
  /** Whether a quota lets Jobs be made. */
  | { readonly do: 'quota'; readonly jobs: boolean }
  /** Whether the S3 server answers; else requests hang. */
  | { readonly do: 'store'; readonly answers: boolean }
  /** The operator's process is killed, ended with SIGTERM, or held still for a while. */
  | { readonly do: 'operator'; readonly how: 'kill' | 'terminate' | 'freeze' };

/** An action, and how long the world is left alone after it. */
export type Step = Action & { readonly thenMs: number };

/** Waits between actions: most are short, so that actions meet work under way; some let it end. */
const WAITS_MS = [0, 100, 300, 600, 1_000, 1_500, 2_500, 4_000];

/** How often each action comes, of the sum of all. */
const WEIGHTS: readonly (readonly [number, (random: Random) => Action])[] = [
  [20, putModule],
  [22, (random) => ({ do: 'put-restore', restore: random.pick(RESTORES), module: random.pick(MODULES) })],
  [12, (random) => ({ do: 'delete', kind: 'backuprestore', name: random.pick(RESTORES) })],
  [6, (random) => ({ do: 'delete', kind: 'botmodule', name: random.pick(MODULES), cascade: random.pick(['background', 'foreground']) })],
  [
    8,
    (random) => ({
      do: 'delete-labelled',
      kind: 'jobs',
      selector: `app.kubernetes.io/component=${random.pick(['restore', 'restore', 'backup'])}`,
    }),
  ],
  [4, (random) => ({ do: 'delete', kind: 'pvc', name: `eevee-${random.pick(MODULES)}-module-pvc` })],
  [2, (random) => ({ do: 'delete-labelled', kind: 'deployments', selector: `eevee.bot/module=${random.pick(MODULES)}` })],
  [4, (random) => ({ do: 'put-schedule', suspend: random.percent(30) })],
  [2, () => ({ do: 'delete', kind: 'backupschedule', name: 'nightly' })],
  [4, (random) => ({ do: 'backup-now', value: `v${random.below(1_000_000)}` })],
  [2, (random) => ({ do: 'pause', kind: 'botmodule', name: random.pick(MODULES), paused: random.percent(25) })],
  [2, (random) => ({ do: 'pause', kind: 'backupschedule', name: 'nightly', paused: random.percent(25) })],
  [3, (random) => ({ do: 'put-personal', object: random.pick(PERSONAL) })],
  [2, (random) => ({ do: 'rotate-token', value: `v${random.below(1_000_000)}` })],
  [3, (random) => ({ do: 'quota', jobs: random.percent(75) })],
  [3, (random) => ({ do: 'store', answers: random.percent(75) })],
  [7, (random) => ({ do: 'operator', how: random.pick(['kill', 'kill', 'terminate', 'freeze']) })],
];

const TOTAL = WEIGHTS.reduce((sum, [weight]) => sum + weight, 0);

/**
 * A history of `length` steps, decided by the seed alone: what happens in the world has no part in it, so that any part of a
 * history can be played again.
 */
export function randomHistory(seed: number, length: number): readonly Step[] {
  const random = seeded(seed);
  return Array.from({ length }, (_, index) => ({
    // Without modules nothing happens.
    ...(index < MODULES.length ? { ...putModule(random), module: MODULES[index] ?? '', enabled: true } : randomAction(random)),
    thenMs: random.pick(WAITS_MS),
  }));
}

function randomAction(random: Random): Action {
  let at = random.below(TOTAL);
  for (const [weight, make] of WEIGHTS) {
    if (at < weight) return make(random);
    at -= weight;
  }
  throw new Error('the weights do not add up');
}

function putModule(random: Random): Action {
  return {
    do: 'put-module',
    module: random.pick(MODULES),
    enabled: random.percent(85),
    bootstrap: random.percent(60),
    scheduled: random.percent(60),
    image: `eevee/echo:${1 + random.below(3)}`,
  };
}

/** A step as one line, for people. */
export function stepText({ thenMs, ...action }: Step): string {
  const { do: verb, ...rest } = action;
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return `${verb} ${details.join(' ')}, then ${thenMs} ms`;
}
