import { LABEL, moduleVolumeClaimName, runsBackupCommand } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { PersistentVolumeClaim, Pod } from '../../src/resource-types/kubernetes.ts';
import { claimsOf, isBackupPod, type Violation } from './invariants.ts';
import type { Change } from './watch-objects.ts';

/** The first time that a module's pod was seen running. */
interface Start {
  readonly pod: string;
  readonly module: string;
  readonly claim: string;
  readonly startedAt: number;
}

/** Time from which a claim name had this uid. */
interface ClaimSpan {
  readonly uid: string;
  readonly from: number;
}

/**
 * A module with `bootstrapFromBackup` must never start on a volume that was created empty and never restored.
 *
 * Three watches report changes at different times. Everything is therefore ordered by resourceVersion, which the API server draws from one
 * counter, and judged only when all earlier changes have arrived.
 */
export class StartInvariant {
  /** For each module, the version since which the operator knows that a backup must be restored first; `undefined` if it does not know. */
  readonly #promises = new Map<string, { readonly at: number; readonly since: number | undefined }[]>();
  readonly #claims = new Map<string, ClaimSpan[]>();
  /** Pods of restores that succeeded, by claim. */
  readonly #restored = new Map<string, number[]>();
  readonly #startedPods = new Set<string>();
  #starts: Start[] = [];

  /** Handles a changed module. */
  moduleChanged(change: Change, { metadata, spec, status }: BotModule): void {
    const history = this.#promises.get(metadata.name) ?? [];
    this.#promises.set(metadata.name, history);
    const at = versionOf(metadata);
    const isAsked = change !== 'DELETED' && spec.bootstrapFromBackup !== undefined && spec.persistentVolumeClaim !== undefined;
    const isKnown = status?.observedGeneration === metadata.generation;
    const before = history.at(-1)?.since;
    history.push({ at, since: isAsked ? (before ?? (isKnown ? at : undefined)) : undefined });
  }

  /** Handles a changed claim. */
  claimChanged(change: Change, { metadata }: PersistentVolumeClaim): void {
    if (change !== 'ADDED') return;
    const spans = this.#claims.get(metadata.name) ?? [];
    this.#claims.set(metadata.name, [...spans, { uid: metadata.uid ?? '', from: versionOf(metadata) }]);
  }

  /** Handles a changed pod. */
  podChanged(change: Change, pod: Pod): void {
    const { metadata, status } = pod;
    const module = metadata.labels?.[LABEL.module];
    if (module === undefined || change === 'DELETED') return;
    const claim = claimsOf(pod).find((name) => name === moduleVolumeClaimName(module));
    if (claim === undefined) return;
    if (isBackupPod(pod)) return this.#backupPodChanged(pod, claim);
    // A pod that does not run yet waits for a claim: it may run on a newer one than existed at its creation.
    if (status?.phase !== 'Running' || this.#startedPods.has(metadata.name)) return;
    this.#startedPods.add(metadata.name);
    this.#starts.push({ pod: metadata.name, module, claim, startedAt: versionOf(metadata) });
  }

  #backupPodChanged(pod: Pod, claim: string): void {
    if (!runsBackupCommand(pod, 'restore') || pod.status?.phase !== 'Succeeded') return;
    this.#restored.set(claim, [...(this.#restored.get(claim) ?? []), versionOf(pod.metadata)]);
  }

  /** Judges the starts seen so far. Call it once the watches have had time to report earlier changes. */
  judge(): readonly Violation[] {
    const starts = this.#starts;
    this.#starts = [];
    return starts.flatMap((start) => this.#judged(start));
  }

  #judged({ pod, module, claim, startedAt }: Start): readonly Violation[] {
    const span = this.#claims.get(claim)?.findLast(({ from }) => from < startedAt);
    const promise = this.#promises.get(module)?.findLast(({ at }) => at < startedAt);
    if (span === undefined || promise?.since === undefined || promise.since > span.from) return [];
    const isRestored = this.#restored.get(claim)?.some((at) => at > span.from && at < startedAt) === true;
    if (isRestored) return [];
    const message = `pod ${pod} of ${module} runs on claim ${claim} (${span.uid}), which is new and was not restored`;
    return [{ invariant: 'no start without the backup', message }];
  }
}

const versionOf = ({ resourceVersion }: { readonly resourceVersion?: string }): number => Number(resourceVersion);
