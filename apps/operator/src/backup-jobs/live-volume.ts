import { BACKUP_APP_NAME, LABEL, labelValue, moduleVolumeClaimName } from '@eeveebot/contract';
import { objectText } from '../controller/objects/deletion.ts';
import { isOwnedBy } from '../controller/objects/owners.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../controller/run/definition.ts';
import { JOB, POD, type Job, type Pod } from '../resource-types/kubernetes.ts';
import { unfinishedBackup, usesClaim, usesVolumeText, volumeHolder, type ToolWork } from './volume-holder.ts';

/** The module whose volume is checked. */
export interface VolumeOwner {
  readonly namespace: string;
  /** Name of the BotModule. */
  readonly module: string;
  /** uid of the caller's own Job. */
  readonly except?: string | undefined;
}

const toolOf = <T extends Job | Pod>(type: ResourceType<T>, module: string): ResourceType<T> => ({
  ...type,
  labelSelector: `app.kubernetes.io/name=${BACKUP_APP_NAME},${LABEL.module}=${labelValue(module)}`,
});

/**
 * The restore that may write to a module's volume, according to the API server: the last check before the module is scaled up. The cache
 * can be seconds behind.
 *
 * @see volumeHolder
 */
export async function liveHolder(owner: VolumeOwner, { writer, signal }: ReconcileContext): Promise<string | undefined> {
  const { namespace, module } = owner;
  const [jobs, pods] = await Promise.all([
    writer.list(toolOf(JOB, module), namespace, signal),
    writer.list(toolOf(POD, module), namespace, signal),
  ]);
  return volumeHolder({ jobs, pods }, owner);
}

/**
 * The user of a module's volume, according to the API server: the last check before a restore starts. Unlike {@link liveHolder},
 * it reports any pod, including one that a user started to inspect the data.
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

/** Current Jobs of the tool for a module, from the API server. */
export const liveJobs = (
  { namespace, module }: VolumeOwner,
  { writer, signal }: Pick<ReconcileContext, 'writer' | 'signal'>,
): Promise<readonly Job[]> => writer.list(toolOf(JOB, module), namespace, signal);
