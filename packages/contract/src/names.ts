/**
 * Names of the objects that the operator creates. They are defined only here: the operator finds the objects of an existing
 * installation by these names, so changing one orphans the objects with the old name.
 */

/** Longest name of a Job, a Service or a label value (RFC 1123 label). */
const LABEL_LIMIT = 63;

/** Longest name of a CronJob: the names of its Jobs are 11 characters longer. */
const CRON_JOB_LIMIT = 52;

/** Longest name of most objects (RFC 1123 subdomain). */
const SUBDOMAIN_LIMIT = 253;

/** 32-bit FNV-1a of the UTF-8 bytes, as 8 hexadecimal digits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

/**
 * `name` itself if it fits `limit` characters, otherwise its beginning and a hash of the whole, so that
 * two long names with the same beginning stay distinct and the same name always gives the same result.
 *
 * @example
 * limitedName('short', 63); // 'short'
 * limitedName('a'.repeat(70), 63); // 'aaaa…-1f0f0f0f', 63 characters
 */
export function limitedName(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const suffix = `-${fnv1a(name)}`;
  return name.slice(0, limit - suffix.length).replace(/[-_.]+$/, '') + suffix;
}

/** Hash of two names: a slash cannot occur in either. */
const pairHash = (first: string, second: string): string => fnv1a(`${first}/${second}`);

/** A whole number derived from a schedule and a module, which spreads the backups of a schedule. */
export const pairNumber = (backupSchedule: string, botModule: string): number => Number.parseInt(pairHash(backupSchedule, botModule), 16);

/** `name` as a label value: at most 63 characters. */
export const labelValue = (name: string): string => limitedName(name, LABEL_LIMIT);

/** Deployment of a BotModule. */
export const moduleDeploymentName = (botModule: string): string => limitedName(`eevee-${botModule}-module`, SUBDOMAIN_LIMIT);

/** ConfigMap that holds a BotModule's `moduleConfig`. */
export const moduleConfigMapName = (botModule: string): string => limitedName(`eevee-${botModule}-module-config`, SUBDOMAIN_LIMIT);

/** PersistentVolumeClaim of a BotModule. */
export const moduleVolumeClaimName = (botModule: string): string => limitedName(`eevee-${botModule}-module-pvc`, SUBDOMAIN_LIMIT);

/** Service of a BotModule. The name of a Service must not contain dots: dots are replaced and a hash is appended. */
export function moduleServiceName(botModule: string): string {
  const name = `eevee-${botModule}-module`;
  return name.includes('.')
    ? `${limitedName(name.replaceAll('.', '-'), LABEL_LIMIT - fnv1a('').length - 1)}-${fnv1a(name)}`
    : limitedName(name, LABEL_LIMIT);
}

/** PodDisruptionBudget of a BotModule with several pods. */
export const moduleDisruptionBudgetName = (botModule: string): string => limitedName(`eevee-${botModule}-module`, SUBDOMAIN_LIMIT);

/** PodMonitor of a BotModule. */
export const modulePodMonitorName = (botModule: string): string => limitedName(`eevee-${botModule}-module`, SUBDOMAIN_LIMIT);

/** Job that restores a BotModule's volume before its first start. */
export const bootstrapJobName = (botModule: string): string => limitedName(`eevee-${botModule}-bootstrap-restore`, LABEL_LIMIT);

/** NATS workload (Deployment or StatefulSet) and client Service of an IpcConfig. */
export const natsName = (ipcConfig: string): string => limitedName(`eevee-${ipcConfig}-nats`, LABEL_LIMIT);

/** Headless Service of an IpcConfig's NATS StatefulSet. */
export const natsHeadlessServiceName = (ipcConfig: string): string => limitedName(`eevee-${ipcConfig}-nats-headless`, LABEL_LIMIT);

/** Secret that holds an IpcConfig's `nats.conf`. */
export const natsConfigSecretName = (ipcConfig: string): string => limitedName(`eevee-${ipcConfig}-nats-config`, SUBDOMAIN_LIMIT);

/** Secret with the certificate that cert-manager issues for an IpcConfig's NATS. */
export const natsTlsSecretName = (ipcConfig: string): string => limitedName(`eevee-${ipcConfig}-nats-tls`, SUBDOMAIN_LIMIT);

/** Secret that holds an IpcConfig's token and host, unless `spec.nats.token.secretKeyRef` names another. */
export const natsAuthSecretName = (ipcConfig: string): string => limitedName(`eevee-${ipcConfig}-nats-auth`, SUBDOMAIN_LIMIT);

/**
 * CronJob that backs up one BotModule on one BackupSchedule. Two pairs can have one name: `daily` with `db-main`, and `daily-db`
 * with `main`. Then {@link distinctBackupCronJobName} is used.
 */
export const backupCronJobName = (backupSchedule: string, botModule: string): string =>
  limitedName(`${backupSchedule}-${botModule}-backup`, CRON_JOB_LIMIT);

/** The name of that CronJob where {@link backupCronJobName} is not unique: a hash encodes where the first name ends. */
export const distinctBackupCronJobName = (backupSchedule: string, botModule: string): string =>
  limitedName(`${backupSchedule}-${botModule}-${pairHash(backupSchedule, botModule)}-backup`, CRON_JOB_LIMIT);

/** Job that runs a CronJob's backup once, because a user requested it with `request`. */
export const backupNowJobName = (cronJob: string, request: string): string => limitedName(`${cronJob}-now-${fnv1a(request)}`, LABEL_LIMIT);

/** CronJob that verifies the backups of one BotModule on the `verification.schedule` of a BackupSchedule. */
export const verificationCronJobName = (backupSchedule: string, botModule: string): string =>
  limitedName(`${backupSchedule}-${botModule}-verify`, CRON_JOB_LIMIT);

/** The name of that CronJob where {@link verificationCronJobName} is not unique. */
export const distinctVerificationCronJobName = (backupSchedule: string, botModule: string): string =>
  limitedName(`${backupSchedule}-${botModule}-${pairHash(backupSchedule, botModule)}-verify`, CRON_JOB_LIMIT);

/** Job that verifies one new backup: the same backup always gives the same name, so it is verified once. */
export const verificationJobName = (backupSchedule: string, botModule: string, backupId: string): string =>
  limitedName(`${backupSchedule}-${botModule}-verify-${backupId}`, LABEL_LIMIT);

/** Job of a BackupRestore. */
export const restoreJobName = (backupRestore: string): string => limitedName(`${backupRestore}-restore`, LABEL_LIMIT);

/** The operator's Service, which modules with `mountOperatorApiToken` call. */
export const OPERATOR_SERVICE_NAME = 'eevee-eevee-operator-service';

/** Secret that holds the operator API's Bearer token. */
export const OPERATOR_API_TOKEN_SECRET_NAME = 'eevee-operator-api-token';

/** Key of the token in {@link OPERATOR_API_TOKEN_SECRET_NAME}. */
export const OPERATOR_API_TOKEN_SECRET_KEY = 'token';

/** Field manager of the operator's server-side applies, and of the objects that it creates. */
export const FIELD_MANAGER = 'eevee-operator';

/** Field manager of single fields that the operator patches in addition to its applies; the next apply takes them over. */
export const PATCH_FIELD_MANAGER = 'eevee-operator-patch';

/** Field manager of restarts requested over HTTP. It differs from the operator's own, whose applies do not contain these fields. */
export const RESTART_FIELD_MANAGER = 'eevee-restart';

/**
 * Managers of the fields that operators of 2.x set without a field manager: the API server uses the client's User-Agent, which
 * is that of the HTTP library, or `unknown` without one.
 */
export const FORMER_FIELD_MANAGERS = ['node-fetch', 'unknown'] as const;

/** Name of the operator's leader election Lease. */
export const LEASE_NAME = 'eevee-operator-leader';

/** Container of a module pod. */
export const MODULE_CONTAINER_NAME = 'module';

/** Port name of a module pod's HTTP server. */
export const MODULE_PORT_NAME = 'metrics';

/**
 * DNS name under which an IpcConfig's managed NATS is reached, from any namespace.
 *
 * @example
 * natsHost({ ipcConfig: 'bot', namespace: 'chat', clusterDomain: 'cluster.local' });
 * // 'eevee-bot-nats.chat.svc.cluster.local'
 */
export const natsHost = (where: { ipcConfig: string; namespace: string; clusterDomain: string }): string =>
  `${natsName(where.ipcConfig)}.${where.namespace}.svc.${where.clusterDomain}`;
