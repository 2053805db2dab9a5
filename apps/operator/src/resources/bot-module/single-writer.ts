import { moduleVolumeClaimName } from '@eeveebot/contract';
import type { BotModuleSpec } from '@eeveebot/crds';
import { claimModes, isShareable, ownAccessModes } from '../../pod-building/access-modes.ts';
import type { ObservedModule } from './observe.ts';

type Volume = NonNullable<BotModuleSpec['volumes']>[number];

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

/** Volumes of a module that may have a single writer. */
export interface SingleWriterVolumes {
  /** Names of their claims. */
  readonly claims: readonly string[];
  /** Whether there is one without a claim. */
  readonly hasDisk: boolean;
}

type Observed = Pick<ObservedModule, 'module' | 'volumeClaim' | 'mountedClaims'>;

/**
 * The volumes of a module that may have a single writer, so that an old pod must end before a new one starts. A claim that does not exist
 * may: its access modes are not known yet.
 */
export function singleWriterVolumes({ module, volumeClaim, mountedClaims }: Observed): SingleWriterVolumes {
  const { spec, metadata } = module;
  const hasOwn = spec.persistentVolumeClaim !== undefined && !isShareable(ownAccessModes(module, volumeClaim));
  const single = (spec.volumes ?? []).filter((volume) => isForOneWriter(volume, spec, mountedClaims));
  const claims = single.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  return {
    claims: hasOwn ? [moduleVolumeClaimName(metadata.name), ...claims] : claims,
    hasDisk: single.some(({ persistentVolumeClaim }) => persistentVolumeClaim === undefined),
  };
}

/** Whether a module has such volumes. */
export function mayHaveSingleWriter(observed: Observed): boolean {
  const { claims, hasDisk } = singleWriterVolumes(observed);
  return hasDisk || claims.length > 0;
}

function isForOneWriter(volume: Volume, spec: BotModuleSpec, mountedClaims: ObservedModule['mountedClaims']): boolean {
  const claim = volume.persistentVolumeClaim;
  if (claim === undefined) return isDisk(volume) && isWritten(volume.name, spec);
  const modes = claimModes(mountedClaims.get(claim.claimName));
  // The scheduler lets one pod use such a claim, even if it only reads.
  if (modes?.includes('ReadWriteOncePod') === true) return true;
  return claim.readOnly !== true && isWritten(volume.name, spec) && !isShareable(modes);
}

const isDisk = (volume: Volume): boolean =>
  DISKS.some((source) => {
    const disk = volume[source];
    return disk !== undefined && !('readOnly' in disk && disk.readOnly === true);
  });

/** Whether a container may write to a volume. */
function isWritten(volume: string, { volumeMounts = [], initContainers = [], sidecars = [] }: BotModuleSpec): boolean {
  const containers = [{ volumeMounts }, ...initContainers, ...sidecars];
  return containers.some(
    (container) =>
      (container.volumeMounts ?? []).some(({ name, readOnly }) => name === volume && readOnly !== true) ||
      ('volumeDevices' in container && (container.volumeDevices ?? []).some(({ name }) => name === volume)),
  );
}
