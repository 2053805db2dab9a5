import type { BackupSchedule } from '@eeveebot/crds';
import { setBounded } from '../../controller/set-bounded.ts';

/** Maximum number of schedules that are remembered. */
const REMEMBERED = 1_000;

interface Target {
  readonly target: { readonly module: { readonly metadata: { readonly name: string } } };
}

/**
 * Order in which the targets of a schedule are attempted: those that were refused before come last. A webhook that does not answer delays
 * each of them for up to 30 seconds. All of hundreds would exceed the time limit of a reconcile, which would then end without a status.
 */
export class TargetOrder {
  /** Names of the modules that were refused, by the uid of their schedule. */
  readonly #refused = new Map<string, ReadonlySet<string>>();

  /** The targets, in the order in which to attempt them. */
  of<T extends Target>({ metadata }: BackupSchedule, targets: readonly T[]): readonly T[] {
    const refused = this.#refused.get(metadata.uid ?? '');
    if (refused === undefined) return targets;
    const wasRefused = ({ target }: T): boolean => refused.has(target.module.metadata.name);
    return [...targets.filter((each) => !wasRefused(each)), ...targets.filter(wasRefused)];
  }

  /** Notes whether the attempts for some targets were refused. @param current names of the modules of all targets; others are forgotten. */
  note({ metadata }: BackupSchedule, attempted: ReadonlyMap<string, boolean>, current: ReadonlySet<string>): void {
    const { uid = '' } = metadata;
    const before = this.#refused.get(uid) ?? [];
    const refused = [...before]
      .filter((name) => !attempted.has(name))
      .concat([...attempted].flatMap(([name, failed]) => (failed ? name : [])))
      .filter((name) => current.has(name));
    if (refused.length === 0) this.#refused.delete(uid);
    else setBounded(this.#refused, [uid, new Set(refused)], REMEMBERED);
  }
}
