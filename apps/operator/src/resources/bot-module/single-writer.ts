import { moduleVolumeClaimName } from '@eeveebot/contract';
import { claimModes, isShareable, ownAccessModes, type AccessModes } from '../../pod-building/access-modes.ts';
import type { Container, Volume } from '../../resource-types/kubernetes.ts';
import type { ObservedModule } from './observe.ts';

/** Disks that a pod names without a claim, and that only one node can attach for writing. */
const DISKS = [
  'awsElasticBlockStore',
  'azureDisk',
  'cinder',
  'fc',
  'gcePersistentDisk',
  'iscsi',
  'photonPersistentDisk',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
] as const satisfies readonly (keyof Volume)[];

/** Volumes of a pod that may have a single writer. */
export interface SingleWriterVolumes {
  /** Names of their claims. */
  readonly claims: readonly string[];
  /** Whether there is one without a claim. */
  readonly hasDisk: boolean;
}

/** Volumes of a pod, and its containers that mount them. */
export interface Mounts {
  readonly volumes: readonly Volume[];
  readonly containers: readonly Pick<Container, 'volumeMounts' | 'volumeDevices'>[];
}

type Observed = Pick<ObservedModule, 'module' | 'volumeClaim' | 'mountedClaims'>;

/**
 * The volumes of a module that may have a single writer, so that an old pod must end before a new one starts. A claim that does not exist
 * may: its access modes are not known yet.
 */
export function singleWriterVolumes(observed: Observed): SingleWriterVolumes {
  const { spec, metadata } = observed.module;
  const { volumes = [], volumeMounts = [], initContainers = [], sidecars = [] } = spec;
  const hasOwn = spec.persistentVolumeClaim !== undefined && !isShareable(ownAccessModes(observed.module, observed.volumeClaim));
  const others = singleWriterMounts({ volumes, containers: [{ volumeMounts }, ...initContainers, ...sidecars] }, observed);
  return hasOwn ? { ...others, claims: [moduleVolumeClaimName(metadata.name), ...others.claims] } : others;
}

/** Whether a module has such volumes. */
export function mayHaveSingleWriter(observed: Observed): boolean {
  const { claims, hasDisk } = singleWriterVolumes(observed);
  return hasDisk || claims.length > 0;
}

/** Those of the volumes of a pod of a module, whose claims may no longer be those of its spec. */
export function singleWriterMounts(mounts: Mounts, { module, volumeClaim, mountedClaims }: Observed): SingleWriterVolumes {
  const own = moduleVolumeClaimName(module.metadata.name);
  const modesOf = (claim: string) => claimModes(claim === own ? volumeClaim : mountedClaims.get(claim));
  const single = mounts.volumes.filter((volume) => isForOneWriter(volume, mounts.containers, modesOf));
  return {
    claims: single.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []),
    hasDisk: single.some(({ persistentVolumeClaim }) => persistentVolumeClaim === undefined),
  };
}

function isForOneWriter(volume: Volume, containers: Mounts['containers'], modesOf: (claim: string) => AccessModes | undefined): boolean {
  const claim = volume.persistentVolumeClaim;
  if (claim === undefined) return isDisk(volume) && isWritten(volume.name, containers);
  const modes = modesOf(claim.claimName);
  // The scheduler lets one pod use such a claim, even if it only reads.
  if (modes?.includes('ReadWriteOncePod') === true) return true;
  return claim.readOnly !== true && isWritten(volume.name, containers) && !isShareable(modes);
}

/** Whether a volume is a disk without a claim that pods may write to. */
export const isDisk = (volume: Volume): boolean =>
  DISKS.some((source) => {
    const disk = volume[source];
    return disk !== undefined && !('readOnly' in disk && disk.readOnly === true);
  });

/** Whether a container may write to a volume. */
const isWritten = (volume: string, containers: Mounts['containers']): boolean =>
  containers.some(
    ({ volumeMounts = [], volumeDevices = [] }) =>
      volumeMounts.some(({ name, readOnly }) => name === volume && readOnly !== true) || volumeDevices.some(({ name }) => name === volume),
  );
