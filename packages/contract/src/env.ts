/** Environment variables that the operator sets in a module's container and libeevee reads there. */
export const MODULE_ENV = {
  /** Namespace of the module. */
  namespace: 'NAMESPACE',
  /** Name of the BotModule. */
  resourceName: 'RESOURCE_NAME',
  /** Port of the module's HTTP server. */
  httpApiPort: 'HTTP_API_PORT',
  natsHost: 'NATS_HOST',
  natsToken: 'NATS_TOKEN',
  /** Absolute path of the PEM certificates that the certificate of NATS is checked against; the file may be missing. */
  natsCaFile: 'NATS_CA_FILE',
  /** Other credentials than a token: a user and a password, the seed of an NKey, a file with one, a file as `nsc generate creds` writes it. */
  natsUser: 'NATS_USER',
  natsPassword: 'NATS_PASSWORD',
  natsNkeySeed: 'NATS_NKEY_SEED',
  natsNkeyFile: 'NATS_NKEY_FILE',
  natsCredsFile: 'NATS_CREDS_FILE',
  /** PEM certificates themselves, where {@link MODULE_ENV.natsCaFile} is not set. */
  natsCa: 'NATS_CA',
  /** Files with the client's own certificate and its key, PEM. */
  natsCertFile: 'NATS_CERT_FILE',
  natsKeyFile: 'NATS_KEY_FILE',
  /** Absolute path of the module's YAML configuration. */
  moduleConfigPath: 'MODULE_CONFIG_PATH',
  /** Absolute path at which the module's volume is mounted. */
  moduleData: 'MODULE_DATA',
  /** How long the pod has to stop, in seconds. */
  terminationGracePeriodSeconds: 'TERMINATION_GRACE_PERIOD_SECONDS',
  metricsEnabled: 'METRICS_ENABLED',
  metricsPort: 'METRICS_PORT',
  operatorApiToken: 'EEVEE_OPERATOR_API_TOKEN',
  operatorApiUrl: 'EEVEE_OPERATOR_API_URL',
} as const;

/**
 * Diagnostics channel on which libeevee publishes each connected NatsClient, so that a program that runs a module, such as `eevee dev`,
 * knows when the module has handled everything.
 */
export const NATS_CLIENT_CHANNEL = 'eevee.nats.client';

/**
 * Diagnostics channel on which libeevee publishes a promise for each start of a module, which resolves when the start has ended, with or without
 * success. A program that runs a module, such as `eevee dev`, waits for it even if the entry point of the module does not.
 */
export const MODULE_START_CHANNEL = 'eevee.module.start';

/** Environment variables that the operator's own process reads. */
export const OPERATOR_ENV = {
  namespace: 'NAMESPACE',
  watchOtherNamespaces: 'WATCH_OTHER_NAMESPACES',
  watchNamespaces: 'WATCH_NAMESPACES',
  kubeInClusterConfig: 'KUBE_IN_CLUSTER_CONFIG',
  httpApiPort: 'HTTP_API_PORT',
  apiToken: 'EEVEE_OPERATOR_API_TOKEN',
  logLevel: 'LOG_LEVEL',
  logFormat: 'LOG_FORMAT',
  leaderElection: 'LEADER_ELECTION',
  concurrency: 'CONCURRENCY',
  clusterDomain: 'KUBERNETES_CLUSTER_DOMAIN',
  backupImage: 'BACKUP_IMAGE',
  natsImage: 'NATS_IMAGE',
  operatorApiUrl: 'OPERATOR_API_URL',
  operatorRelease: 'OPERATOR_RELEASE',
} as const;

/** Directory at which a module's ConfigMap is mounted. */
export const MODULE_CONFIG_DIRECTORY = '/etc/module-config';

/** Directory at which the certificates of the authority of NATS are mounted. */
export const NATS_CA_DIRECTORY = '/etc/nats-ca';

/** File name of these certificates in {@link NATS_CA_DIRECTORY}, and their default key in a Secret. */
export const NATS_CA_FILE = 'ca.crt';

/** Longest configuration that a module may have, in bytes of UTF-8. */
export const MODULE_CONFIG_BYTES = 262_144;

/** Key of the configuration in the ConfigMap, and so its file name in {@link MODULE_CONFIG_DIRECTORY}. */
export const MODULE_CONFIG_FILE = 'config.yaml';

/** Default port of the HTTP servers of modules and of the operator. */
export const DEFAULT_HTTP_PORT = 9000;

/** Key of the server's host name in an IpcConfig's token Secret. */
export const NATS_SECRET_HOST_KEY = 'host';

/** Default key of the token in an IpcConfig's token Secret (`secretKeyRef.key`). */
export const NATS_SECRET_TOKEN_KEY = 'token';

/** Environment variables that the operator sets in the containers of backup and restore Jobs, and the backup tool reads. */
export const BACKUP_ENV = {
  /** URL of the store; the default scheme is http. */
  s3Endpoint: 'S3_ENDPOINT',
  s3Bucket: 'S3_BUCKET',
  s3AccessId: 'S3_ACCESS_ID',
  s3SecretKey: 'S3_SECRET_KEY',
  s3Prefix: 'S3_PREFIX',
  s3Region: 'S3_REGION',
  s3PathStyle: 'S3_PATH_STYLE',
  s3SignatureV2: 'S3_SIGNATURE_V2',
  /** Absolute path of a PEM file with the authorities to trust instead of the public ones. */
  s3CaFile: 'S3_CA_FILE',
  backupNamespace: 'BACKUP_NAMESPACE',
  backupModule: 'BACKUP_MODULE',
  /** Absolute path of the volume, for backup and for restore. */
  volumePath: 'BACKUP_PVC_PATH',
  compression: 'BACKUP_COMPRESSION',
  compressionLevel: 'BACKUP_COMPRESSION_LEVEL',
  exclude: 'BACKUP_EXCLUDE',
  /** Backups of the module that are kept after a new one; all if unset. */
  keepLast: 'BACKUP_KEEP_LAST',
  keepHourly: 'BACKUP_KEEP_HOURLY',
  keepDaily: 'BACKUP_KEEP_DAILY',
  keepWeekly: 'BACKUP_KEEP_WEEKLY',
  keepMonthly: 'BACKUP_KEEP_MONTHLY',
  minAgeHours: 'BACKUP_MIN_AGE_HOURS',
  restoreNamespace: 'RESTORE_NAMESPACE',
  restoreModule: 'RESTORE_MODULE',
  restoreBackupId: 'RESTORE_BACKUP_ID',
  restoreClean: 'RESTORE_CLEAN',
  restoreInPlace: 'RESTORE_IN_PLACE',
  /** `true`: a volume that contains data is not changed, and the command succeeds. */
  restoreIfEmpty: 'RESTORE_IF_EMPTY',
  /** How `verify` checks a backup: {@link VERIFICATION_MODES}. */
  verifyMode: 'VERIFY_MODE',
  /** Absolute path of an empty directory that `verify` unpacks into in mode Restore. */
  verifyScratchPath: 'VERIFY_SCRATCH_PATH',
  logLevel: 'LOG_LEVEL',
  logFormat: 'LOG_FORMAT',
} as const;

/**
 * How a backup is verified. `Checksum` reads the whole archive and checks it; `Restore` also unpacks it into scratch space,
 * checks every SQLite database and compares the unpacked tree with the digest taken when the backup was made.
 */
export const VERIFICATION_MODES = ['Checksum', 'Restore'] as const;

/** One of {@link VERIFICATION_MODES}. */
export type VerificationMode = (typeof VERIFICATION_MODES)[number];

/** Exit codes of the backup tool, from sysexits.h where possible. The podFailurePolicy of the Jobs depends on them. */
export const BACKUP_EXIT_CODES = {
  done: 0,
  failed: 1,
  /** Bad arguments or environment (EX_USAGE): not retried. */
  usage: 64,
  /** An archive is damaged or not an archive (EX_DATAERR): not retried. */
  integrity: 65,
  /** The backup does not exist (EX_NOINPUT): not retried. */
  noSuchBackup: 66,
  /** The disk or the bucket is full, or an I/O error occurred (EX_IOERR). */
  io: 74,
  /** The store could not be reached after all attempts (EX_TEMPFAIL). */
  unreachable: 75,
  /** The store refused the credentials or the operation (EX_NOPERM): not retried. */
  denied: 77,
  /** A backup was created without the files that could not be read (the number of EX_CONFIG): not retried. */
  incomplete: 78,
  /** Terminated by SIGTERM or SIGINT (128 + 15). */
  terminated: 143,
} as const;

/** Path of the file whose content Kubernetes reports as a container's termination message. */
export const TERMINATION_LOG_PATH = '/dev/termination-log';
