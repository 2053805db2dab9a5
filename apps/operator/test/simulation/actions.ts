import type { Random } from './random.ts';

/** Few names, so that actions affect the same objects. */
export const MODULES = ['a', 'b'] as const;
export const RESTORES = ['r1', 'r2', 'r3'] as const;

/** Objects that a user created under names that the operator would use. */
export const PERSONAL = [
  { kind: 'ConfigMap', name: 'eevee-a-module-config' },
  { kind: 'Deployment', name: 'eevee-b-module' },
  { kind: 'Secret', name: 'eevee-net-nats-auth' },
  { kind: 'CronJob', name: 'nightly-a-backup' },
  { kind: 'Job', name: 'r1-restore' },
  { kind: 'Job', name: 'eevee-b-bootstrap-restore' },
] as const;

export type PersonalObject = (typeof PERSONAL)[number];

/** Creates or changes a BotModule. */
export interface ModuleAction {
  readonly do: 'put-module';
  readonly module: string;
  /** Whether it has the `moduleName` of the other module. */
  readonly isRenamed: boolean;
  readonly enabled: boolean;
  readonly bootstrap: boolean;
  readonly scheduled: boolean;
  readonly image: string;
  /** Claim in `spec.volumes`: one that both modules may mount, or that of the other module, which only a restore of that one would stop. */
  readonly mounts?: 'shared' | 'other';
}

/** One action of a user, of the cluster or of a failing machine. An action on a missing object does nothing. */
export type Action =
  | ModuleAction
  | { readonly do: 'put-restore'; readonly restore: string; readonly module: string }
  | { readonly do: 'put-schedule'; readonly suspend: boolean }
  | { readonly do: 'delete'; readonly kind: string; readonly name: string; readonly cascade?: 'background' | 'foreground' }
  /** Deletes the objects that have this label at that moment, which the operator created. */
  | { readonly do: 'delete-labelled'; readonly kind: string; readonly selector: string }
  | { readonly do: 'backup-now'; readonly value: string }
  | { readonly do: 'pause'; readonly kind: string; readonly name: string; readonly paused: boolean }
  | { readonly do: 'put-personal'; readonly object: PersonalObject }
  | { readonly do: 'rotate-token'; readonly value: string }
  /** Whether a quota admits Jobs. */
  | { readonly do: 'quota'; readonly jobs: boolean }
  /** Whether the S3 server responds; otherwise requests hang. */
  | { readonly do: 'store'; readonly answers: boolean }
  /** The volume claim of a module is deleted and created again from its own manifest, as tools do. */
  | { readonly do: 'recreate-claim'; readonly module: string }
  /** The API server ends and starts again: watches break, and cannot continue where they were. With `compacts`, etcd loses its history too. */
  | { readonly do: 'restart-api'; readonly how: 'stop' | 'kill'; readonly compacts: boolean }
  /** Deletes the object with the name of a user's object, and creates that one at once. */
  | { readonly do: 'replace-with-personal'; readonly object: PersonalObject }
  | Disturbance;

/** A trouble of the operator, of its connection to the API server or of its machine. */
export type Disturbance =
  /** The operator's process is killed, stopped with SIGTERM, or frozen for a while, which may be longer than its Lease lasts. */
  | { readonly do: 'operator'; readonly how: 'kill' | 'terminate' | 'freeze' | 'freeze-long' }
  /** The operator is killed when its `writes`-th write from now has been carried out, before the response reaches it. */
  | { readonly do: 'kill-at-write'; readonly writes: number }
  /** Another operator is started beside it, and stays until another one is, or until the end. */
  | { readonly do: 'second-operator' }
  /** The operator sees changes of one resource late. */
  | { readonly do: 'lag'; readonly resource: string; readonly ms: number }
  /** The operator's writes of one resource are refused, as by an admission policy. */
  | { readonly do: 'refuse'; readonly resource: string; readonly ms: number; readonly code: 403 | 422 }
  /** The API server ends all connections of the operator, and accepts none for a while. */
  | { readonly do: 'outage'; readonly ms: number }
  /** The operator's watches end, and cannot continue where they were. */
  | { readonly do: 'expire-watches' }
  /** The time of day jumps on the operator's machine. */
  | { readonly do: 'clock'; readonly offsetS: number };

/** An action, and the pause after it. */
export type Step = Action & { readonly thenMs: number };

/** Pauses between actions: most are short, so that actions interrupt running work; some let it end. */
export const WAITS_MS = [0, 100, 300, 600, 1_000, 1_500, 2_500, 4_000];

/** Deletes the restore or backup Jobs of the backup tool. */
export const deleteJobs = (component: 'restore' | 'backup'): Action => ({
  do: 'delete-labelled',
  kind: 'jobs',
  selector: `app.kubernetes.io/component=${component}`,
});

/** Restarts the API server. */
export const restartApi = (random: Random): Action => ({
  do: 'restart-api',
  how: random.pick(['stop', 'kill']),
  compacts: random.percent(60),
});

/** Deletes the volume claim of a module. */
export const deleteClaim = (module: string): Action => ({ do: 'delete', kind: 'pvc', name: `eevee-${module}-module-pvc` });

/** A module with random fields. */
export function putModule(random: Random): ModuleAction {
  return {
    do: 'put-module',
    module: random.pick(MODULES),
    isRenamed: random.percent(8),
    enabled: random.percent(85),
    bootstrap: random.percent(60),
    scheduled: random.percent(60),
    image: `eevee/echo:${1 + random.below(3)}`,
    ...(random.percent(10) && { mounts: random.pick(['shared', 'shared', 'other'] as const) }),
  };
}
