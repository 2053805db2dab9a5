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
  readonly enabled: boolean;
  readonly bootstrap: boolean;
  readonly scheduled: boolean;
  readonly image: string;
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
  /** The operator's process is killed, stopped with SIGTERM, or frozen for a while. */
  | { readonly do: 'operator'; readonly how: 'kill' | 'terminate' | 'freeze' }
  /** The operator is killed when its `writes`-th write from now has been carried out, before the response reaches it. */
  | { readonly do: 'kill-at-write'; readonly writes: number }
  /** The operator sees changes of one resource late. */
  | { readonly do: 'lag'; readonly resource: string; readonly ms: number }
  /** Deletes the object with the name of a user's object, and creates that one at once. */
  | { readonly do: 'replace-with-personal'; readonly object: PersonalObject };

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

/** Deletes the volume claim of a module. */
export const deleteClaim = (module: string): Action => ({ do: 'delete', kind: 'pvc', name: `eevee-${module}-module-pvc` });

/** A module with random fields. */
export function putModule(random: Random): ModuleAction {
  return {
    do: 'put-module',
    module: random.pick(MODULES),
    enabled: random.percent(85),
    bootstrap: random.percent(60),
    scheduled: random.percent(60),
    image: `eevee/echo:${1 + random.below(3)}`,
  };
}
