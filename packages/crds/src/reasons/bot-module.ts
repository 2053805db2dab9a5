import type { Reasons } from './reason.ts';
import { NOTHING } from './shared.ts';

/** Reasons of a BotModule's `Ready`. */
export const BOT_MODULE_REASONS = {
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: true,
    when: 'Seen but not reconciled yet, or something it depends on is missing; the message says what.',
    fix: 'Create what the message names. It is noticed at once.',
  },
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec holds what the schema could not refuse: `moduleConfig` that is no YAML, a Secret in another namespace.',
    fix: 'Correct the field that the message names.',
  },
  WaitingForBackup: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: '`bootstrapFromBackup` is set and there is no backup in the store yet.',
    fix: 'Put a backup there, or remove `bootstrapFromBackup` to start with an empty volume. It is looked for again on its own.',
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
    when: 'The Job that restores the backup failed or ran out of time. The module has not been started.',
    fix: 'Read the message and the log of the Job. Delete the Job to try again, or remove `bootstrapFromBackup` to start without.',
  },
  Disabled: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: '`enabled` is false: there is no Deployment. The volume is kept.',
    fix: 'Set `enabled: true` to run it.',
  },
  Creating: {
    status: 'Unknown',
    progress: 'reconciling',
    worrying: false,
    when: 'The Deployment has just been created and has not been available yet.',
    fix: NOTHING,
  },
  Updating: { status: 'Unknown', progress: 'reconciling', worrying: false, when: 'A change is rolling out.', fix: NOTHING },
  Ready: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'The Deployment is healthy at the newest generation. So it is with `size: 0`.',
    fix: 'Nothing.',
  },
  Unavailable: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'Fewer pods are available than asked for. The message gives the deepest known cause: the container that crashes and its last words, the image that cannot be fetched, the node that has no room.',
    fix: 'Fix the cause that the message names.',
  },
} as const satisfies Reasons;

/** Reason of a BotModule's `Ready`. */
export type BotModuleReason = keyof typeof BOT_MODULE_REASONS;
