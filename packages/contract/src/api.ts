/** API group of the five kinds. */
export const API_GROUP = 'eevee.bot';

/** Served and stored version of the five kinds. */
export const API_VERSION = 'v1';

/** `apiVersion` of every eevee resource. */
export const API_GROUP_VERSION = `${API_GROUP}/${API_VERSION}` as const;

/** Kinds of the group, as spelled in a manifest's `kind`. */
export const KINDS = ['BotModule', 'IpcConfig', 'S3Store', 'BackupSchedule', 'BackupRestore'] as const;

/** One of the five kinds. */
export type Kind = (typeof KINDS)[number];

/** Lower-case plural of each kind: its path segment in the API. */
export const PLURALS = {
  BotModule: 'botmodules',
  IpcConfig: 'ipcconfigs',
  S3Store: 's3stores',
  BackupSchedule: 'backupschedules',
  BackupRestore: 'backuprestores',
} as const satisfies Record<Kind, string>;

/** Short names that `kubectl` accepts for each kind. */
export const SHORT_NAMES = {
  BotModule: 'bm',
  IpcConfig: 'ipc',
  S3Store: 's3',
  BackupSchedule: 'bsched',
  BackupRestore: 'brestore',
} as const satisfies Record<Kind, string>;

/** Category of all kinds: `kubectl get eevee` lists them together. */
export const CATEGORY = 'eevee';
