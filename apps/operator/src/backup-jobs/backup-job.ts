import type { BackupCommand } from '@eeveebot/contract';
import type { BackupSchedule, BotModule, S3Store } from '@eeveebot/crds';
import type { EnvVar } from '../resource-types/kubernetes.ts';
import type { ScratchSpace } from './scratch-space.ts';

/** Fields of BackupSchedule, BackupRestore and `bootstrapFromBackup` that configure the pods of their Jobs. */
export type JobPodFields = Pick<
  BackupSchedule['spec'],
  'resources' | 'podLabels' | 'podAnnotations' | 'imagePullSecrets' | 'priorityClassName'
>;

/** Inputs of a Job of the backup tool. */
export interface BackupJob {
  readonly command: BackupCommand;
  readonly module: BotModule;
  readonly store: S3Store;
  readonly image: string;
  /** Variables that the operator sets for every Job of the tool. */
  readonly toolEnv: readonly EnvVar[];
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** Labels in addition to those of every such Job. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Variables in addition to those that name store, volume and module. */
  readonly env?: readonly EnvVar[];
  /** Where `verify` unpacks the backup; without it, the backup is only read. */
  readonly scratch?: ScratchSpace | undefined;
  /** Whether only the node of the module's pods can mount the volume at the moment. */
  readonly besideModule?: boolean;
  /** Pod settings of the resource that the Job is made for. */
  readonly pod?: JobPodFields | undefined;
  /** Measured from the start of the Job, so that it includes a pod that never starts. */
  readonly activeDeadlineSeconds: number;
  readonly ttlSecondsAfterFinished?: number;
}
