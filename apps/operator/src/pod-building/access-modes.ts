import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import type { PersistentVolumeClaim } from '../resource-types/kubernetes.ts';

/** How nodes and pods may share a volume. */
export type AccessModes = NonNullable<NonNullable<BotModuleSpec['persistentVolumeClaim']>['accessModes']>;

/** Access modes of a claim; `undefined` while they are not known. */
export const claimModes = (claim: PersistentVolumeClaim | undefined): AccessModes | undefined =>
  claim?.spec?.accessModes as AccessModes | undefined;

/**
 * Access modes of a module's own volume; `undefined` if it has none. They are immutable: those of an existing claim count, even if the
 * spec has others by now.
 */
export const ownAccessModes = ({ spec }: BotModule, claim: PersistentVolumeClaim | undefined): AccessModes | undefined =>
  spec.persistentVolumeClaim && (claimModes(claim) ?? spec.persistentVolumeClaim.accessModes);

/** Whether several pods may write to a volume, or only read it. Unknown modes may allow a single writer. */
export const isShareable = (modes: AccessModes | undefined): boolean =>
  modes !== undefined && modes.length > 0 && (modes.includes('ReadWriteMany') || modes.every((mode) => mode === 'ReadOnlyMany'));

/** Whether only one node can mount a volume. */
export const isBoundToNode = (modes: AccessModes | undefined): boolean =>
  modes !== undefined && !modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
