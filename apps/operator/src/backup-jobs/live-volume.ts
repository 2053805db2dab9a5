import { LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import { objectText } from '../controller/objects/deletion.ts';
import { isOwnedBy } from '../controller/objects/owners.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { BACKUP_JOB } from '../resource-types/kinds.ts';
import { POD, type Job, type Pod } from '../resource-types/kubernetes.ts';
import { unfinishedBackup, usesClaim, usesVolumeText, volumeHolder, type ToolWork } from './volume-holder.ts';

/** The module whose volume is checked. */
export interface VolumeOwner {
  readonly namespace: string;
  /** Name of the BotModule. */
  readonly module: string;
  /** uid of the caller's own Job. */
  readonly except?: string | undefined;
}

const ofModule = <T extends Job | Pod>(type: ResourceType<T>, module: string): ResourceType<T> => ({
  ...type,
  labelSelector: [...(type.labelSelector === undefined ? [] : [type.labelSelector]), `${LABEL.module}=${labelValue(module)}`].join(','),
});

/**
 * The user of a module's volume, according to the API server: the last check before a restore starts. It reports any pod, including one
 * that a user started to inspect the data.
 */
export async function liveUser(owner: VolumeOwner, { writer, signal }: ReconcileContext): Promise<string | undefined> {
  const { namespace, module, except } = owner;
  const claimName = moduleVolumeClaimName(module);
  const [jobs, pods] = await Promise.all([liveJobs(owner, { writer, signal }), writer.list(POD, namespace, signal)]);
  const work: ToolWork = { jobs, pods };
  const holder = volumeHolder(work, owner);
  if (holder !== undefined) return `${holder} still restores the volume`;
  const backup = unfinishedBackup(jobs);
  if (backup !== undefined) return `${objectText(backup)} is running`;
  const user = pods.find((pod) => usesClaim(pod, claimName) && !isOwnedBy(pod, except));
  return user && usesVolumeText(user);
}

type Context = Pick<ReconcileContext, 'writer' | 'signal'>;

/** Current Jobs of the tool for a module, from the API server. */
export const liveJobs = ({ namespace, module }: VolumeOwner, { writer, signal }: Context): Promise<readonly Job[]> =>
  writer.list(ofModule(BACKUP_JOB, module), namespace, signal);

/** Current pods of a module, and of its Jobs, from the API server. */
export const livePods = ({ namespace, module }: VolumeOwner, { writer, signal }: Context): Promise<readonly Pod[]> =>
  writer.list(ofModule(POD, module), namespace, signal);
