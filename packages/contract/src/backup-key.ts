/**
 * Where backups lie in a bucket. The backup tool writes these keys, the operator and the tool look for them.
 */

/** Whose backups: the namespace and `spec.moduleName` of a BotModule. */
export interface BackupOwner {
  readonly namespace: string;
  readonly moduleName: string;
}

/** How an archive is compressed, and so how its key ends. */
export type BackupCompression = 'gzip' | 'zstd';

const ENDINGS: Readonly<Record<BackupCompression, string>> = { gzip: '.tar.gz', zstd: '.tar.zst' };

const trimmedPrefix = (prefix: string | undefined): string => (prefix ?? '').replace(/^\/+|\/+$/g, '');

/**
 * Beginning of every key of a module's backups, with a slash at its end.
 *
 * @example
 * backupPrefix('/team/', { namespace: 'chat', moduleName: 'seen' }); // 'team/chat/seen/'
 */
export const backupPrefix = (prefix: string | undefined, { namespace, moduleName }: BackupOwner): string =>
  [trimmedPrefix(prefix), namespace, moduleName].filter((part) => part !== '').join('/') + '/';

/**
 * Beginning of the keys that releases before 3.0 wrote: they joined the store's prefix and the namespace
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

/** Key of the description that is written beside an archive once that is complete. */
export const sidecarKey = (beginning: string, id: string): string => `${beginning}${id}.json`;

/** The id and compression of the archive at `key`, or nothing if no archive of ours has such a key. */
export function parsedArchiveKey(key: string, beginning: string): { id: string; compression: BackupCompression } | undefined {
  if (!key.startsWith(beginning)) return undefined;
  const name = key.slice(beginning.length);
  for (const compression of ['gzip', 'zstd'] as const) {
    const id = name.endsWith(ENDINGS[compression]) ? name.slice(0, -ENDINGS[compression].length) : '';
    if (id !== '' && !id.includes('/')) return { id, compression };
  }
  return undefined;
}
