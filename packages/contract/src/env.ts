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

/** File name of these certificates in {@link NATS_CA_DIRECTORY}, and their key in a Secret unless another is named. */
export const NATS_CA_FILE = 'ca.crt';

/** Longest configuration that a module may have, in bytes of UTF-8. */
export const MODULE_CONFIG_BYTES = 262_144;

/** Key of the configuration in the ConfigMap, and so its file name in {@link MODULE_CONFIG_DIRECTORY}. */
export const MODULE_CONFIG_FILE = 'config.yaml';

/** Port of modules' and the operator's HTTP servers unless another is asked for. */
export const DEFAULT_HTTP_PORT = 9000;

/** Key of the server's host name in an IpcConfig's token Secret. */
export const NATS_SECRET_HOST_KEY = 'host';

/** Key of the token in an IpcConfig's token Secret unless `secretKeyRef.key` says otherwise. */
export const NATS_SECRET_TOKEN_KEY = 'token';

/** Environment variables that the operator sets in the containers of backup and restore Jobs, and the backup tool reads. */
export const BACKUP_ENV = {
  /** URL of the store; without a scheme, http is meant. */
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
  /** Which backups of the module stay when a new one has been made: unset, all. */
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
  /** `true`: a volume that holds data is left as it is, which is a success. */
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

/** Exit codes of the backup tool (after sysexits.h where it has one), which the Jobs' podFailurePolicy goes by. */
export const BACKUP_EXIT_CODES = {
  done: 0,
  failed: 1,
  /** Bad arguments or environment (EX_USAGE): not tried again. */
  usage: 64,
  /** An archive is not what it should be (EX_DATAERR): not tried again. */
  integrity: 65,
  /** There is no such backup (EX_NOINPUT): not tried again. */
  noSuchBackup: 66,
  /** The disk or the bucket is full, or an I/O error occurred (EX_IOERR). */
  io: 74,
  /** The store could not be reached after all attempts (EX_TEMPFAIL). */
  unreachable: 75,
  /** The store refused the credentials or the operation (EX_NOPERM): not tried again. */
  denied: 77,
  /** A backup was made, but files that could not be read are missing from it (the number of EX_CONFIG): not tried again. */
  incomplete: 78,
  /** Ended by SIGTERM or SIGINT (128 + 15). */
  terminated: 143,
} as const;

/** Path of the file whose content Kubernetes shows as a container's termination message. */
export const TERMINATION_LOG_PATH = '/dev/termination-log';
