import { BACKUP_APP_NAME, bootstrapJobName, LABEL, moduleVolumeClaimName, runsBackupCommand } from '@eeveebot/contract';
import type { PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { MODULES } from './actions.ts';
import type { Change } from './watch-objects.ts';

/** A state that must never occur. */
export interface Violation {
  readonly invariant:
    | 'one writer'
    | 'no bootstrap over live data'
    | 'no start without the backup'
    | 'user objects stay'
    | 'content'
    | 'modules come back'
    | 'converges'
    | 'status is true'
    | 'second pass is silent';
  readonly message: string;
}

/** Whether it can only be detected after a history has ended and the resources had time to settle. */
export const isOfTheEnd = ({ invariant }: Violation): boolean =>
  ['modules come back', 'converges', 'status is true', 'second pass is silent'].includes(invariant);

/**
 * Tracks pods and claims by the events of the API server, and reports violations.
 *
 * All changes of pods come through one watch, in order: concurrent pods are detected whatever the watcher's delay.
 */
export class VolumeInvariants {
  readonly #pods = new Map<string, Pod>();
  readonly #claims = new Map<string, string>();
  /** Uids of claims that a module's pod had mounted. */
  readonly #live = new Set<string>();

  /** Names of the pods that mounted a claim, by task, so that a history in which nothing happened is noticed. */
  readonly seen = { modules: new Set<string>(), backups: new Set<string>(), restores: new Set<string>(), bootstraps: new Set<string>() };

  /** Handles a changed claim. */
  claimChanged(change: Change, { metadata }: PersistentVolumeClaim): void {
    if (change !== 'DELETED') this.#claims.set(metadata.name, metadata.uid ?? '');
  }

  /** Handles a changed pod. @returns the violations that it causes. */
  podChanged(change: Change, pod: Pod): readonly Violation[] {
    const { name } = pod.metadata;
    if (change === 'DELETED') this.#pods.delete(name);
    else this.#pods.set(name, pod);
    const claims = change === 'DELETED' || !isAlive(pod) ? [] : claimsOf(pod);
    if (claims.length > 0 && pod.status?.phase === 'Running') this.#count(pod);
    return claims.flatMap((claim) => [...this.#twoWriters(pod, claim), ...foreignClaim(pod, claim), ...this.#overwritten(pod, claim)]);
  }

  #count(pod: Pod): void {
    const { modules, backups, restores, bootstraps } = this.seen;
    const restoring = isBootstrapPod(pod) ? bootstraps : restores;
    const kind = isBackupPod(pod) ? (runsBackupCommand(pod, 'restore') ? restoring : backups) : modules;
    kind.add(pod.metadata.name);
  }

  /** A restore beside any other pod that mounts its claim: terminating pods may still write. */
  #twoWriters(pod: Pod, claim: string): readonly Violation[] {
    const users = [...this.#pods.values()].filter((candidate) => isAlive(candidate) && claimsOf(candidate).includes(claim));
    if (users.length < 2 || !users.some((user) => isBackupPod(user) && runsBackupCommand(user, 'restore'))) return [];
    const described = users.map((user) => `${user.metadata.name}${user.metadata.deletionTimestamp === undefined ? '' : ' (terminating)'}`);
    return [{ invariant: 'one writer', message: `claim ${claim} is mounted by ${described.join(' and ')}` }];
  }

  /** The claim's protection delays its deletion while a pod mounts it, so its uid is that of the mounted volume. */
  #overwritten(pod: Pod, claim: string): readonly Violation[] {
    const uid = this.#claims.get(claim);
    if (uid === undefined || pod.status?.phase !== 'Running') return [];
    const module = pod.metadata.labels?.[LABEL.module];
    if (!isBackupPod(pod)) {
      if (module !== undefined) this.#live.add(uid);
      return [];
    }
    if (!isBootstrapPod(pod) || !this.#live.has(uid)) return [];
    const message = `pod ${pod.metadata.name} restores over claim ${claim} (${uid}), which ${module} used`;
    return [{ invariant: 'no bootstrap over live data', message }];
  }
}

/** A pod of a module that mounts the claim of another one: a restore of that one would not stop it. */
function foreignClaim({ metadata }: Pod, claim: string): readonly Violation[] {
  const module = metadata.labels?.[LABEL.module];
  const owner = MODULES.find((candidate) => moduleVolumeClaimName(candidate) === claim);
  if (module === undefined || owner === undefined || owner === module) return [];
  return [{ invariant: 'one writer', message: `pod ${metadata.name} of ${module} mounts claim ${claim} of ${owner}` }];
}

/** Whether a pod belongs to the backup tool. */
export const isBackupPod = ({ metadata }: Pod): boolean => metadata.labels?.['app.kubernetes.io/name'] === BACKUP_APP_NAME;

/** Whether a pod restores a module's first data. */
const isBootstrapPod = ({ metadata }: Pod): boolean => {
  const module = metadata.labels?.[LABEL.module];
  return module !== undefined && metadata.labels?.['batch.kubernetes.io/job-name'] === bootstrapJobName(module);
};

/** Whether its containers run, or may start. */
const isAlive = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** Names of the claims that a pod mounts. */
export const claimsOf = ({ spec }: Pod): readonly string[] =>
  spec?.volumes?.flatMap(({ persistentVolumeClaim }) => (persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName])) ??
  [];
