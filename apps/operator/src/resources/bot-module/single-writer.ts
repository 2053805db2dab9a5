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

/**
 * Whether a volume of the module may have a single writer, so that an old pod must end before a new one starts. A claim that does not exist
 * may: its access modes are not known yet.
 */
export function mayHaveSingleWriter({
  module,
  volumeClaim,
  mountedClaims,
}: Pick<ObservedModule, 'module' | 'volumeClaim' | 'mountedClaims'>): boolean {
  const { spec } = module;
  if (spec.persistentVolumeClaim !== undefined && !isShareable(ownAccessModes(module, volumeClaim))) return true;
  return (spec.volumes ?? []).some((volume) => {
    const claim = volume.persistentVolumeClaim;
    if (claim === undefined) return isDisk(volume) && isWritten(volume.name, spec);
    const modes = claimModes(mountedClaims.get(claim.claimName));
    // The scheduler lets one pod use such a claim, even if it only reads.
    if (modes?.includes('ReadWriteOncePod') === true) return true;
    return claim.readOnly !== true && isWritten(volume.name, spec) && !isShareable(modes);
  });
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
