/**
 * Keys of backups in a bucket. The backup tool writes them; the operator and the tool search for them.
 */

/** Owner of backups: the namespace and `spec.moduleName` of a BotModule. */
export interface BackupOwner {
  readonly namespace: string;
  readonly moduleName: string;
}

/** Compression of an archive, which determines the extension of its key. */
export type BackupCompression = 'gzip' | 'zstd';

const ENDINGS: Readonly<Record<BackupCompression, string>> = { gzip: '.tar.gz', zstd: '.tar.zst' };

const trimmedPrefix = (prefix: string | undefined): string => (prefix ?? '').replace(/^\/+|\/+$/g, '');

/**
 * Prefix of every key of a module's backups, with a trailing slash.
 *
 * @example
 * backupPrefix('/team/', { namespace: 'chat', moduleName: 'seen' }); // 'team/chat/seen/'
 */
export const backupPrefix = (prefix: string | undefined, { namespace, moduleName }: BackupOwner): string =>
  [trimmedPrefix(prefix), namespace, moduleName].filter((part) => part !== '').join('/') + '/';

/**
 * Prefix of the keys that releases before 3.0 wrote: they joined the store's prefix and the namespace
 * without a slash between them. The same as {@link backupPrefix} when there is no prefix.
 *
 * @example
 * formerBackupPrefix('team', { namespace: 'chat', moduleName: 'seen' }); // 'teamchat/seen/'
 */
export const formerBackupPrefix = (prefix: string | undefined, { namespace, moduleName }: BackupOwner): string =>
  `${(prefix ?? '').replace(/^\/+/, '')}${namespace}/${moduleName}/`;

/** Key of an archive, `beginning` being one of the two prefixes above. */
export const archiveKey = (beginning: string, id: string, compression: BackupCompression): string =>
  `${beginning}${id}${ENDINGS[compression]}`;

/**
 * Small objects beside an archive that record a fact about it. Their names contain everything that a listing needs, so that choosing a
 * backup reads no object.
 *
 * - `sidecar`: the archive is complete; the content describes it
 * - `verified`: the last verification succeeded; the content says when and how
 * - `failed`: the last verification found the archive damaged; the content says why
 * - `hold`: retention must not remove the backup because a user said so
 * - `restoring`: retention must not remove the backup because a restore in place has removed the data that it replaces
 */
export const BACKUP_RECORD_KINDS = ['sidecar', 'verified', 'failed', 'hold', 'restoring'] as const;

/** See {@link BACKUP_RECORD_KINDS}. */
export type BackupRecordKind = (typeof BACKUP_RECORD_KINDS)[number];

const RECORD_ENDINGS: Readonly<Record<BackupRecordKind, string>> = {
  sidecar: '.json',
  verified: '.verified.json',
  failed: '.failed.json',
  hold: '.hold.json',
  restoring: '.restoring.json',
};

/**
 * Key of a record beside an archive.
 *
 * @example
 * recordKey('chat/seen/', '0b5a…', 'hold'); // 'chat/seen/0b5a….hold.json'
 */
export const recordKey = (beginning: string, id: string, kind: BackupRecordKind): string => `${beginning}${id}${RECORD_ENDINGS[kind]}`;

/** Ids of backups are UUIDs: an object under any other name was not made by the backup tool. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether `text` can be the id of a backup. */
export const isBackupId = (text: string): boolean => UUID.test(text);

/** Meaning of the key of an object beside a module's backups. */
export type ParsedBackupKey =
  | { readonly id: string; readonly kind: 'archive'; readonly compression: BackupCompression }
  | { readonly id: string; readonly kind: BackupRecordKind };

/**
 * Meaning of `key`, or undefined for an object that the backup tool did not make: those are never listed, restored or removed.
 *
 * @param beginning what the key must begin with, as of {@link backupPrefix}.
 */
export function parsedBackupKey(key: string, beginning: string): ParsedBackupKey | undefined {
  if (!key.startsWith(beginning)) return undefined;
  const name = key.slice(beginning.length);
  const id = name.slice(0, 36);
  if (!isBackupId(id)) return undefined;
  const ending = name.slice(36);
  for (const compression of ['gzip', 'zstd'] as const) if (ending === ENDINGS[compression]) return { id, kind: 'archive', compression };
  for (const kind of BACKUP_RECORD_KINDS) if (ending === RECORD_ENDINGS[kind]) return { id, kind };
  return undefined;
}

/**
 * Why `prefix` cannot be the prefix of a store, or undefined when it can. Slashes before and after it do not count.
 *
 * Object keys are plain strings, but proxies and file-backed stores resolve `.`, `..` and empty segments like paths: such
 * backups are not found again, or are written below another prefix.
 *
 * @example
 * prefixProblem('team/../other'); // 'has the segment ".."'
 */
export function prefixProblem(prefix: string): string | undefined {
  const trimmed = trimmedPrefix(prefix);
  if (trimmed === '') return undefined;
  const bad = trimmed.split('/').find((segment) => segment === '' || segment === '.' || segment === '..');
  if (bad === undefined) return undefined;
  return bad === '' ? 'has an empty segment ("//")' : `has the segment ${JSON.stringify(bad)}`;
}
