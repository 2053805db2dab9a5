import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { customCleanEnv, makeValidator, str, type Spec, type ValidatorSpec } from 'envalid';
import {
  BACKUP_ENV,
  type BackupCompression,
  type BackupOwner,
  defined,
  isBackupId,
  prefixProblem,
  S3_REGION,
  VERIFICATION_MODES,
  type VerificationMode,
  messageOf,
} from '@eeveebot/contract';
import {
  accessKeyIdProblem,
  proxiesOf,
  secretKeyProblem,
  trimmedCredential,
  type ProxyVariables,
  type StoreLocation,
} from '@eeveebot/object-store';
import { globList } from './glob-list.ts';
import { LEVELS } from '../archive/compression/compress.ts';
import { BackupError } from '../errors.ts';
import { isLimited, type Retention } from './retention-rules.ts';

/** The tool's commands. */
export type CommandName = 'backup' | 'restore' | 'list' | 'verify' | 'prune' | 'hold' | 'release';

/** The configuration of a command. */
export interface BackupConfig {
  readonly store: StoreLocation;
  /** Proxies for requests to the store, if any. */
  readonly proxies?: ProxyVariables;
  readonly owner: BackupOwner;
  /** Absolute path. */
  readonly volume: string;
  /** Undefined for the newest backup. */
  readonly backupId: string | undefined;
  readonly compression: BackupCompression;
  readonly compressionLevel: number;
  readonly exclude: readonly string[];
  readonly retention: Retention;
  readonly clean: boolean;
  readonly inPlace: boolean;
  readonly ifEmpty: boolean;
  readonly verificationMode: VerificationMode;
  /** Absolute path of the directory in which a verification unpacks. */
  readonly scratch: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'pretty';
}

/** Id that selects the newest backup. */
const LATEST = 'latest';

const validator = <T>(parse: (text: string) => T): ((spec?: Spec<T>) => ValidatorSpec<T>) =>
  makeValidator(parse) as (spec?: Spec<T>) => ValidatorSpec<T>;

function failExpecting(what: string, text: string): never {
  throw new Error(`${JSON.stringify(text)} is not ${what}`);
}

const flag = validator((text) => {
  if (/^(true|yes|1)$/i.test(text)) return true;
  return /^(false|no|0)$/i.test(text) ? false : failExpecting('true or false', text);
});
const wholeNumber = validator<number | undefined>((text) =>
  /^[0-9]{1,9}$/.test(text) ? Number(text) : failExpecting('a whole number from 0 to 999999999', text),
);
const url = validator((given) => {
  const text = given.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const parsed = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  // The message must not repeat a URL that contains a password.
  if (parsed !== undefined && `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` !== '')
    throw new Error('expected a URL without user, password, query and fragment: set credentials in S3_ACCESS_ID and S3_SECRET_KEY');
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return failExpecting('the http or https URL of an S3 server', text);
  return withScheme.replace(/\/+$/, '');
});
const keyPart = validator((text) => {
  // Proxies and stores that keep objects as files interpret these as paths.
  if (text === '.' || text === '..') return failExpecting('a name', text);
  return /^[^/\s]+$/.test(text) ? text : failExpecting('a name without slashes and spaces', text);
});
const globs = validator<readonly string[]>(globList);
const region = validator((text) =>
  S3_REGION.test(text.trim()) ? text.trim() : failExpecting("a region such as eu-central-1: letters, digits and '-'", text),
);
const prefix = validator<string | undefined>((text) => {
  const problem = /\p{Cc}/u.test(text) ? 'contains a line break or another control character' : prefixProblem(text);
  if (problem === undefined) return text;
  throw new Error(`${JSON.stringify(text)} ${problem}: backups under it would not be found again`);
});
/** Messages never contain the value, because the user may have swapped the two credentials. */
const credential = (problemOf: (text: string) => string | undefined) =>
  validator((text) => {
    const problem = problemOf(text);
    if (problem === undefined) return trimmedCredential(text);
    throw new Error(`the value ${problem}`);
  });
const folder = validator((text) => (isAbsolute(text) ? text.replace(/(.)\/+$/, '$1') : failExpecting('an absolute path', text)));
const id = validator((text) => {
  if (text === LATEST) return text;
  return isBackupId(text) ? text : failExpecting('the UUID of a backup, or "latest"', text);
});

const verificationMode = validator<VerificationMode>(
  (text) =>
    VERIFICATION_MODES.find((mode) => mode.toLowerCase() === text.toLowerCase()) ?? failExpecting(VERIFICATION_MODES.join(' or '), text),
);

/** Variables that identify the module. Restores use separate ones, as in the manifests of releases before 3.0. */
const ownerVariables = (command: CommandName): { readonly namespace: string; readonly module: string } =>
  command === 'restore'
    ? { namespace: BACKUP_ENV.restoreNamespace, module: BACKUP_ENV.restoreModule }
    : { namespace: BACKUP_ENV.backupNamespace, module: BACKUP_ENV.backupModule };

/**
 * Parses the configuration of a command from the environment. Empty variables count as unset.
 *
 * @param terminal whether standard error is a terminal.
 * @throws BackupError `usage` that lists all problems.
 */
export function parseConfig(
  command: CommandName,
  environment: Readonly<Record<string, string | undefined>>,
  { terminal }: { readonly terminal: boolean },
): BackupConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const problems: string[] = [];
  const name = BACKUP_ENV;
  const owner = ownerVariables(command);
  const env = customCleanEnv(
    given,
    {
      [name.s3Endpoint]: url(),
      [name.s3Bucket]: keyPart(),
      [name.s3AccessId]: credential(accessKeyIdProblem)(),
      [name.s3SecretKey]: credential(secretKeyProblem)(),
      [name.s3Prefix]: prefix({ default: undefined }),
      [name.s3Region]: region({ default: 'us-east-1' }),
      [name.s3PathStyle]: flag({ default: false }),
      [name.s3SignatureV2]: flag({ default: false }),
      [name.s3CaFile]: folder({ default: undefined }),
      [owner.namespace]: keyPart(),
      [owner.module]: keyPart(),
      [name.volumePath]: folder({ default: '/data' }),
      [name.restoreBackupId]: id({ default: LATEST }),
      [name.compression]: str({ choices: ['gzip', 'zstd'] as const, default: 'gzip' }),
      [name.compressionLevel]: wholeNumber({ default: undefined }),
      [name.exclude]: globs({ default: [] }),
      [name.keepLast]: wholeNumber({ default: undefined }),
      [name.keepHourly]: wholeNumber({ default: undefined }),
      [name.keepDaily]: wholeNumber({ default: undefined }),
      [name.keepWeekly]: wholeNumber({ default: undefined }),
      [name.keepMonthly]: wholeNumber({ default: undefined }),
      [name.minAgeHours]: wholeNumber({ default: undefined }),
      [name.restoreClean]: flag({ default: false }),
      [name.restoreInPlace]: flag({ default: false }),
      [name.restoreIfEmpty]: flag({ default: false }),
      [name.verifyMode]: verificationMode({ default: 'Checksum' }),
      [name.verifyScratchPath]: folder({ default: tmpdir() }),
      [name.logLevel]: str({ choices: ['debug', 'info', 'warn', 'error'] as const, default: 'info' }),
      [name.logFormat]: str({ choices: ['json', 'pretty'] as const, default: terminal ? 'pretty' : 'json' }),
    },
    // envalid's default wrapper throws on access to an invalid value.
    (cleaned) => cleaned,
    {
      reporter: ({ errors }) => {
        for (const [variable, error] of Object.entries(errors)) {
          if (error !== undefined)
            problems.push(given[variable] === undefined ? `${variable} is not set` : `${variable}: ${error.message}`);
        }
      },
    },
  );
  // An invalid value is undefined here, contrary to its type.
  const compression: BackupCompression = env[name.compression] === 'zstd' ? 'zstd' : 'gzip';
  const compressionLevel = env[name.compressionLevel] ?? LEVELS[compression].usual;
  const { least, most } = LEVELS[compression];
  if (compressionLevel < least || compressionLevel > most)
    problems.push(`${name.compressionLevel}: ${compression} has levels from ${least} to ${most}`);
  const { proxies, problems: proxyProblems } = proxiesOf(given);
  problems.push(...proxyProblems);
  const ca = readCaFile(env[name.s3CaFile], problems);
  const retention = defined({
    keepLast: env[name.keepLast],
    keepHourly: env[name.keepHourly],
    keepDaily: env[name.keepDaily],
    keepWeekly: env[name.keepWeekly],
    keepMonthly: env[name.keepMonthly],
    minAgeHours: env[name.minAgeHours],
  });
  problems.push(...missingSettings(command, { retention, isLatest: env[name.restoreBackupId] === LATEST }));
  if (problems.length > 0) throw new BackupError('usage', `invalid settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  return {
    ...(Object.keys(proxies).length === 0 ? {} : { proxies }),
    store: {
      endpoint: env[name.s3Endpoint],
      bucket: env[name.s3Bucket],
      ...defined({ prefix: env[name.s3Prefix] }),
      region: env[name.s3Region],
      pathStyle: env[name.s3PathStyle],
      signatureV2: env[name.s3SignatureV2],
      ...defined({ ca }),
      credentials: { accessKeyId: env[name.s3AccessId], secretAccessKey: env[name.s3SecretKey] },
    },
    owner: { namespace: String(env[owner.namespace]), moduleName: String(env[owner.module]) },
    volume: env[name.volumePath],
    backupId: env[name.restoreBackupId] === LATEST ? undefined : env[name.restoreBackupId],
    compression,
    compressionLevel,
    exclude: env[name.exclude],
    retention,
    clean: env[name.restoreClean],
    inPlace: env[name.restoreInPlace],
    ifEmpty: env[name.restoreIfEmpty],
    verificationMode: env[name.verifyMode],
    scratch: env[name.verifyScratchPath],
    logLevel: env[name.logLevel],
    logFormat: env[name.logFormat],
  };
}

/** Problems of settings that only some commands require. */
function missingSettings(
  command: CommandName,
  { retention, isLatest }: { readonly retention: Retention; readonly isLatest: boolean },
): readonly string[] {
  if (command === 'prune' && !isLimited(retention)) {
    const { keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly } = BACKUP_ENV;
    const rules = `${keepLast}, ${keepHourly}, ${keepDaily}, ${keepWeekly} and ${keepMonthly}`;
    return [`one of ${rules} must be 1 or more: 0 disables a rule, and without rules all backups are kept`];
  }
  return (command === 'hold' || command === 'release') && isLatest ? [`${command} requires the id of a backup`] : [];
}

function readCaFile(file: string | undefined, problems: string[]): string | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    // TLS ignores what is not a certificate, and with an empty file it would trust the public authorities.
    if (!holdsCertificates(text)) problems.push(`${BACKUP_ENV.s3CaFile}: ${file} is not a list of certificates in PEM format`);
    return text;
  } catch (error) {
    problems.push(`${BACKUP_ENV.s3CaFile}: ${messageOf(error)}`);
    return undefined;
  }
}

function holdsCertificates(text: string): boolean {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  try {
    return certificates.length > 0 && certificates.every((certificate) => new X509Certificate(certificate).raw.length > 0);
  } catch {
    return false;
  }
}
