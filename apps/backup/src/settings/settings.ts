import { BACKUP_ENV } from '@eeveebot/contract';

/** A setting of the tool: an environment variable and, except for credentials, an option. */
export interface Setting {
  readonly variable: string;
  /** Without dashes; undefined for credentials, which must not be visible in a process's arguments. */
  readonly option: string | undefined;
  /** Placeholder of the value in the help; undefined for flags. */
  readonly value: string | undefined;
  readonly help: string;
}

const setting = (variable: string, option: string | undefined, value: string | undefined, help: string): Setting => ({
  variable,
  option,
  value,
  help,
});

const env = BACKUP_ENV;

/** Settings of the store, used by every command. */
export const STORE_SETTINGS: readonly Setting[] = [
  setting(env.s3Endpoint, 'endpoint', 'url', 'URL of the S3 server; http if it has no scheme'),
  setting(env.s3Bucket, 'bucket', 'name', 'name of the bucket'),
  setting(env.s3AccessId, undefined, 'id', 'access key id'),
  setting(env.s3SecretKey, undefined, 'key', 'secret access key'),
  setting(env.s3Prefix, 'prefix', 'folder', 'folder in the bucket'),
  setting(env.s3Region, 'region', 'name', 'region that requests are signed for (default us-east-1)'),
  setting(
    env.s3PathStyle,
    'path-style',
    undefined,
    'put the bucket into the URL path instead of the host name; needed for most servers other than AWS',
  ),
  setting(env.s3SignatureV2, 'signature-v2', undefined, 'sign requests with signature version 2'),
  setting(env.s3CaFile, 'ca-file', 'path', 'PEM file with the certificate authorities to trust'),
];

/** Settings that identify the module. */
export const OWNER_SETTINGS: readonly Setting[] = [
  setting(env.backupNamespace, 'namespace', 'name', 'namespace of the module'),
  setting(env.backupModule, 'module', 'name', 'moduleName of the module'),
];

export const RESTORE_OWNER_SETTINGS: readonly Setting[] = [
  setting(env.restoreNamespace, 'namespace', 'name', 'namespace of the module whose backup is restored'),
  setting(env.restoreModule, 'module', 'name', 'moduleName of the module whose backup is restored'),
];

export const PATH_SETTING = setting(env.volumePath, 'path', 'folder', 'folder to back up or restore (default /data)');

export const BACKUP_ID_SETTING = setting(env.restoreBackupId, 'id', 'uuid', 'id of the backup (default "latest", the newest)');

/** Settings of a backup. */
export const BACKUP_SETTINGS: readonly Setting[] = [
  setting(env.compression, 'compression', 'gzip|zstd', 'gzip (default), or zstd, which is faster and smaller; `tar --zstd` unpacks it'),
  setting(env.compressionLevel, 'compression-level', 'n', 'gzip 1 to 9 (default 6), zstd 1 to 19 (default 3)'),
  setting(
    env.exclude,
    'exclude',
    'globs',
    'globs to exclude, separated by commas or newlines: a glob with a slash is matched against paths, any other against every name',
  ),
];

/** Retention rules. */
export const RETENTION_SETTINGS: readonly Setting[] = [
  setting(env.keepLast, 'keep-last', 'n', 'keep the newest n backups; 0 disables this and any other rule'),
  setting(env.keepHourly, 'keep-hourly', 'n', 'keep the last backup of each of the last n hours that have one'),
  setting(env.keepDaily, 'keep-daily', 'n', 'keep the last backup of each of the last n days that have one'),
  setting(env.keepWeekly, 'keep-weekly', 'n', 'keep the last backup of each of the last n weeks that have one'),
  setting(env.keepMonthly, 'keep-monthly', 'n', 'keep the last backup of each of the last n months that have one'),
  setting(env.minAgeHours, 'min-age-hours', 'n', 'always keep backups younger than n hours'),
];

/** Settings of a restore. */
export const RESTORE_SETTINGS: readonly Setting[] = [
  setting(env.restoreClean, 'clean', undefined, 'remove files that are not in the backup'),
  setting(
    env.restoreInPlace,
    'in-place',
    undefined,
    'if there is not enough space for both old and new data: check the whole archive, then replace the old data while unpacking',
  ),
  setting(env.restoreIfEmpty, 'if-empty', undefined, 'do nothing if the folder contains data'),
];

/** Settings of a verification. */
export const VERIFICATION_SETTINGS: readonly Setting[] = [
  setting(
    env.verifyMode,
    'mode',
    'Checksum|Restore',
    'Checksum (default) reads the whole archive; Restore also unpacks it and checks every SQLite database',
  ),
  setting(
    env.verifyScratchPath,
    'scratch',
    'folder',
    "directory to unpack into with --mode Restore (default: the system's temporary directory)",
  ),
];

/** Settings of the log. */
export const LOG_SETTINGS: readonly Setting[] = [
  setting(env.logLevel, 'log-level', 'level', 'debug, info (default), warn or error'),
  setting(env.logFormat, 'log-format', 'json|pretty', 'json or pretty (default: pretty on a terminal, json otherwise)'),
];
