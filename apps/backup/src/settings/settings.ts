import { BACKUP_ENV } from '@eeveebot/contract';

/** What the tool can be told, as an environment variable or, but for credentials, as an option. */
export interface Setting {
  readonly variable: string;
  /** Without dashes; undefined for what must not be seen among a process's arguments. */
  readonly option: string | undefined;
  /** Placeholder of the value in the help; undefined for what is on or off. */
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

/** Where the backups are: every command needs these. */
export const STORE_SETTINGS: readonly Setting[] = [
  setting(env.s3Endpoint, 'endpoint', 'url', 'URL of the S3 server; without a scheme, http is meant'),
  setting(env.s3Bucket, 'bucket', 'name', 'the bucket'),
  setting(env.s3AccessId, undefined, 'id', 'access key id'),
  setting(env.s3SecretKey, undefined, 'key', 'secret access key'),
  setting(env.s3Prefix, 'prefix', 'folder', 'folder in the bucket'),
  setting(env.s3Region, 'region', 'name', 'region that requests are signed for (default us-east-1)'),
  setting(env.s3PathStyle, 'path-style', undefined, 'the bucket stands in the path, not in the host name: for most servers other than AWS'),
  setting(env.s3SignatureV2, 'signature-v2', undefined, 'sign with signature version 2'),
  setting(env.s3CaFile, 'ca-file', 'path', 'PEM file of the authorities that the server certificate is checked against'),
];

/** Whose backups: those of one module. */
export const OWNER_SETTINGS: readonly Setting[] = [
  setting(env.backupNamespace, 'namespace', 'name', 'namespace of the module'),
  setting(env.backupModule, 'module', 'name', 'moduleName of the module'),
];

export const RESTORE_OWNER_SETTINGS: readonly Setting[] = [
  setting(env.restoreNamespace, 'namespace', 'name', 'namespace of the module whose backup is restored'),
  setting(env.restoreModule, 'module', 'name', 'moduleName of the module whose backup is restored'),
];

export const PATH_SETTING = setting(env.volumePath, 'path', 'folder', 'the folder that is backed up or restored (default /data)');

export const BACKUP_ID_SETTING = setting(env.restoreBackupId, 'id', 'uuid', 'the backup; "latest", or nothing, for the newest');

/** How a backup is made. */
export const BACKUP_SETTINGS: readonly Setting[] = [
  setting(
    env.compression,
    'compression',
    'gzip|zstd',
    'gzip (default), or zstd, which is faster and smaller and needs `tar --zstd` to be unpacked by hand',
  ),
  setting(env.compressionLevel, 'compression-level', 'n', 'gzip 1 to 9 (default 6), zstd 1 to 19 (default 3)'),
  setting(
    env.exclude,
    'exclude',
    'globs',
    'what is left out, separated by commas or newlines: globs with a slash are compared with paths, others with every name',
  ),
];

/** Which backups stay. */
export const RETENTION_SETTINGS: readonly Setting[] = [
  setting(env.keepLast, 'keep-last', 'n', 'keep the newest n backups; 0 is no rule, as for the other rules'),
  setting(env.keepHourly, 'keep-hourly', 'n', 'keep the last backup of each of the last n hours that have one'),
  setting(env.keepDaily, 'keep-daily', 'n', 'keep the last backup of each of the last n days that have one'),
  setting(env.keepWeekly, 'keep-weekly', 'n', 'keep the last backup of each of the last n weeks that have one'),
  setting(env.keepMonthly, 'keep-monthly', 'n', 'keep the last backup of each of the last n months that have one'),
  setting(env.minAgeHours, 'min-age-hours', 'n', 'keep backups younger than n hours in any case'),
];

/** How a backup is restored. */
export const RESTORE_SETTINGS: readonly Setting[] = [
  setting(env.restoreClean, 'clean', undefined, 'remove what is not in the backup'),
  setting(
    env.restoreInPlace,
    'in-place',
    undefined,
    'where old and new data do not fit beside each other: check the whole archive, then replace the old data as it is unpacked',
  ),
  setting(env.restoreIfEmpty, 'if-empty', undefined, 'leave a folder that holds data as it is'),
];

/** How a backup is verified. */
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
    "directory to unpack into with --mode Restore (default: the system's for temporary files)",
  ),
];

/** How the tool speaks. */
export const LOG_SETTINGS: readonly Setting[] = [
  setting(env.logLevel, 'log-level', 'level', 'debug, info (default), warn or error'),
  setting(env.logFormat, 'log-format', 'json|pretty', 'default: pretty on a terminal, else json'),
];
