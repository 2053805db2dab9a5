import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { Deployment } from '../../resource-types/kubernetes.ts';
import type { ObservedModule } from './observe.ts';
import { singleWriterMounts, singleWriterVolumes, type SingleWriterVolumes } from './single-writer.ts';

/** Volumes that a pod may use only if no other pod does: those for one writer, and the module's own, which restores use exclusively. */
export interface GuardedVolumes extends SingleWriterVolumes {
  /** Whether the module's own is one of them. Its claim is one of `claims` only if it may have a single writer. */
  readonly hasOwn: boolean;
}

export const NO_VOLUMES: GuardedVolumes = { claims: [], hasDisk: false, hasOwn: false };

/** Those of the pods that a module specifies. */
export const guardedVolumes = (observed: ObservedModule): GuardedVolumes => ({
  ...singleWriterVolumes(observed),
  hasOwn: observed.module.spec.persistentVolumeClaim !== undefined,
});

/** Those of the pods of a Deployment, which may be of a former spec. */
export function deployedVolumes({ spec }: Deployment, observed: ObservedModule): GuardedVolumes {
  const { volumes = [], initContainers = [], containers = [] } = spec?.template.spec ?? {};
  const own = moduleVolumeClaimName(observed.module.metadata.name);
  return {
    ...singleWriterMounts({ volumes, containers: [...initContainers, ...containers] }, observed),
    hasOwn: volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === own),
  };
}

/** The volumes that are not among others. */
export const without = (volumes: GuardedVolumes, others: GuardedVolumes): GuardedVolumes => ({
  claims: volumes.claims.filter((claim) => !others.claims.includes(claim)),
  hasDisk: volumes.hasDisk && !others.hasDisk,
  hasOwn: volumes.hasOwn && !others.hasOwn,
});

export const isNone = ({ claims, hasDisk, hasOwn }: GuardedVolumes): boolean => claims.length === 0 && !hasDisk && !hasOwn;
