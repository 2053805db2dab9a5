/** A spec that the API server takes. */
export interface Accepted {
  readonly title: string;
  readonly spec: object;
  /** What is stored beside what was written: the defaults. */
  readonly defaults?: object;
}

/** A spec that the API server refuses. */
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

/** What every name of another object that is none gets to hear. */
export const NO_NAME =
  "must be the name of an object: lower-case letters, digits, '-' and '.', beginning and ending with a letter or digit";

/** What every image that is none gets to hear. */
export const NO_IMAGE =
  'must be an image reference such as team/echo:1.2.3: a lower-case name, then a :tag or an @digest, no https:// and no spaces';

/** What every backup id that is none gets to hear. */
export const NO_BACKUP_ID =
  'must be the UUID of a backup, such as 0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d (its file name in the bucket without the ending); leave it out to take the newest';
