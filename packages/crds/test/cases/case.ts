/** A spec that the API server accepts. */
export interface Accepted {
  readonly title: string;
  readonly spec: object;
  /** Defaults that are stored in addition to the written fields. */
  readonly defaults?: object;
}

/** A spec that the API server rejects. */
export interface Refused {
  readonly title: string;
  readonly spec: object;
  readonly name?: string;
  /** The problems, as kubectl prints them. */
  readonly problems: readonly string[];
}

/** Cases of one kind. */
export interface Cases {
  readonly accepted: readonly Accepted[];
  readonly refused: readonly Refused[];
}

/** Message for every invalid name of another object. */
export const NO_NAME = "must be the name of an object: lower-case letters, digits, '-' and '.', starting and ending with a letter or digit";

/** Message for every invalid image. */
export const NO_IMAGE =
  'must be an image reference such as team/echo:1.2.3: a lower-case name, then a :tag or an @digest, no https:// and no spaces';

/** Message for every invalid backup id. */
export const NO_BACKUP_ID =
  'must be the UUID of a backup, such as 0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d (its file name in the bucket without the extension); remove it to use the newest backup';

/** Message for every label of a pod that selects pods. */
export const NO_SELECTING_LABEL =
  'eevee.bot/module, eevee.bot/nats-server, eevee.bot/ipcconfig, eevee.bot/backup-schedule or eevee.bot/backup-restore: pods of modules, NATS and backups are selected by these labels; use other keys';
