import type { Reasons } from './reason.ts';
import { NOTHING } from './shared.ts';

/** Reasons of a BotModule's `Ready`. */
export const BOT_MODULE_REASONS = {
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: true,
    when: 'Not reconciled yet, a resource that it depends on is missing, its volume is in use, or the API server refuses an object (a quota, an admission rule, a missing permission); the message names it.',
    fix: 'Create the resource, or fix the cause, that the message names. The operator reacts immediately, or keeps trying.',
  },
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec contains a value that the schema cannot reject: `moduleConfig` that is not YAML, a Secret in another namespace.',
    fix: 'Correct the field that the message names.',
  },
  WaitingForBackup: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: '`bootstrapFromBackup` is set and the store has no backup yet.',
    fix: 'Create a backup in the store, or remove `bootstrapFromBackup` to start with an empty volume. The operator keeps looking for it.',
  },
  Bootstrapping: {
    status: 'Unknown',
    progress: 'reconciling',
    worrying: false,
    when: 'The Job that restores the backup is running.',
    fix: NOTHING,
  },
  BootstrapRestoreFailed: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The Job that restores the backup failed or ran out of time. The module was not started.',
    fix: 'Read the message and the log of the Job. Delete the Job to retry, or remove `bootstrapFromBackup` to start with an empty volume.',
  },
  Disabled: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: '`enabled` is false: there is no Deployment. The volume is kept.',
    fix: 'Set `enabled: true` to run the module.',
  },
  Creating: {
    status: 'Unknown',
    progress: 'reconciling',
    worrying: false,
    when: 'The Deployment was created and has not been available yet.',
    fix: NOTHING,
  },
  Updating: { status: 'Unknown', progress: 'reconciling', worrying: false, when: 'A change is rolling out.', fix: NOTHING },
  Ready: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'The Deployment is healthy at the newest generation; this includes `size: 0`.',
    fix: 'Nothing.',
  },
  Unavailable: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'Fewer pods are available than desired. The message gives the deepest known cause: the container that crashes and its last log lines, the image that cannot be pulled, the lack of a node with enough resources.',
    fix: 'Fix the cause that the message names.',
  },
} as const satisfies Reasons;

/** Reason of a BotModule's `Ready`. */
export type BotModuleReason = keyof typeof BOT_MODULE_REASONS;
