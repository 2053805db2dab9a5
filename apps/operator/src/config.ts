import { bool, cleanEnv, makeValidator, port, str, type Spec, type ValidatorSpec } from 'envalid';
import { DEFAULT_HTTP_PORT, OPERATOR_ENV, OPERATOR_SERVICE_NAME } from '@eeveebot/contract';

/** Default NATS image of managed IpcConfigs. */
export const DEFAULT_NATS_IMAGE = 'nats:2.15.2-alpine';

/** Default image of the backup tool for Jobs: that of the operator's own release. */
export const DEFAULT_BACKUP_IMAGE = 'ghcr.io/eeveebot/backup:3.0.0';

/** All settings of the operator's process. */
export interface OperatorConfig {
  /** The operator's own namespace. */
  readonly namespace: string;
  /** The watched namespaces, sorted; `undefined` watches all. */
  readonly watchedNamespaces: readonly string[] | undefined;
  /** Use the pod's service account rather than a kubeconfig. */
  readonly inCluster: boolean;
  readonly httpPort: number;
  /** Bearer token of the HTTP API; without it the authenticated API answers 401. */
  readonly apiToken: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'json' | 'pretty';
  readonly leaderElection: boolean;
  /** Maximum number of resources of one kind that are reconciled at once. */
  readonly concurrency: number;
  /** DNS domain of the cluster, without leading and trailing dots. */
  readonly clusterDomain: string;
  readonly natsImage: string;
  readonly backupImage: string;
  /** URL under which module pods reach the operator's HTTP API. */
  readonly apiUrl: string;
  /** Release of this operator, `namespace/name`: its replicas have the same, other operators do not. */
  readonly release: string | undefined;
  /** Name of this process in leader election. */
  readonly identity: string;
}

/** The environment contains invalid values; `problems` names each variable and the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const checked = <T>(parse: (text: string) => T): ((spec: Spec<T>) => ValidatorSpec<T>) =>
  makeValidator(parse) as (spec: Spec<T>) => ValidatorSpec<T>;

function rejecting<T>(expectation: string): (text: string) => T {
  return (text) => {
    throw new Error(`${JSON.stringify(text)} is not ${expectation}`);
  };
}

const namespaceName = checked((text: string) =>
  DNS_LABEL.test(text) ? text : rejecting<string>('a namespace name (lower-case letters, digits and "-", 63 characters at most)')(text),
);
const namespaceList = checked((text: string) => {
  const names = text.split(',').map((name) => name.trim());
  const isList = names.every((name) => DNS_LABEL.test(name));
  return isList ? [...new Set(names)].toSorted() : rejecting<string[]>('a list of namespace names with commas between them')(text);
});
const domainName = checked((text: string) => (DNS_NAME.test(text) ? text : rejecting<string>('a DNS domain such as cluster.local')(text)));
const positiveInteger = checked((text: string) => {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 && value <= 256 ? value : rejecting<number>('a whole number from 1 to 256')(text);
});
/** Log levels below debug of earlier releases. */
const DEBUG_ALIASES = new Set(['verbose', 'http', 'silly']);
const logLevel = checked((text: string): OperatorConfig['logLevel'] => {
  const level = (['debug', 'info', 'warn', 'error'] as const).find((name) => name === text);
  if (level !== undefined) return level;
  return DEBUG_ALIASES.has(text) ? 'debug' : rejecting<'debug'>('a log level (debug, info, warn or error)')(text);
});
const httpUrl = checked((text: string) => {
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  return protocol === 'http:' || protocol === 'https:' ? text.replace(/\/+$/, '') : rejecting<string>('an http or https URL')(text);
});

/**
 * Parses the operator's configuration from its environment. Empty variables count as unset, because the
 * Deployment rendered by a chart contains them.
 *
 * @throws ConfigError that lists all problems.
 * @example
 * parseConfig({ NAMESPACE: 'bots', HTTP_API_PORT: '9000' }, { interactive: false, hostName: 'pod-1' }).namespace; // 'bots'
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  process: { readonly interactive: boolean; readonly hostName: string },
): OperatorConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const problems: string[] = [];
  const name = OPERATOR_ENV;
  const env = cleanEnv(
    given,
    {
      [name.namespace]: namespaceName({ default: 'eevee-bot' }),
      [name.watchOtherNamespaces]: bool({ default: false }),
      [name.watchNamespaces]: namespaceList({ default: undefined }),
      [name.kubeInClusterConfig]: bool({ default: false }),
      [name.httpApiPort]: port({ default: DEFAULT_HTTP_PORT }),
      [name.apiToken]: str({ default: undefined }),
      [name.logLevel]: logLevel({ default: 'info' }),
      [name.logFormat]: str({ choices: ['json', 'pretty'] as const, default: process.interactive ? 'pretty' : 'json' }),
      [name.leaderElection]: bool({ default: undefined }),
      [name.concurrency]: positiveInteger({ default: 16 }),
      [name.clusterDomain]: domainName({ default: 'cluster.local' }),
      [name.natsImage]: str({ default: DEFAULT_NATS_IMAGE }),
      [name.backupImage]: str({ default: DEFAULT_BACKUP_IMAGE }),
      [name.operatorApiUrl]: httpUrl({ default: undefined }),
      [name.operatorRelease]: str({ default: undefined }),
    },
    {
      reporter: ({ errors }) => {
        for (const [variable, error] of Object.entries(errors)) {
          if (error !== undefined) problems.push(`${variable}: ${error.message}`);
        }
      },
    },
  );
  if (problems.length > 0) throw new ConfigError(problems);
  const list = env[name.watchNamespaces];
  if (list !== undefined && env[name.watchOtherNamespaces]) {
    throw new ConfigError([
      `${name.watchNamespaces} selects namespaces, but ${name.watchOtherNamespaces} selects all: unset one of the two`,
    ]);
  }
  const inCluster = env[name.kubeInClusterConfig];
  return {
    namespace: env[name.namespace],
    watchedNamespaces: env[name.watchOtherNamespaces] ? undefined : (list ?? [env[name.namespace]]),
    inCluster,
    httpPort: env[name.httpApiPort],
    apiToken: env[name.apiToken],
    logLevel: env[name.logLevel],
    logFormat: env[name.logFormat],
    leaderElection: env[name.leaderElection] ?? inCluster,
    concurrency: env[name.concurrency],
    clusterDomain: env[name.clusterDomain],
    natsImage: env[name.natsImage],
    backupImage: env[name.backupImage],
    apiUrl:
      env[name.operatorApiUrl] ??
      `http://${OPERATOR_SERVICE_NAME}.${env[name.namespace]}.svc.${env[name.clusterDomain]}:${DEFAULT_HTTP_PORT}`,
    release: env[name.operatorRelease],
    identity: process.hostName,
  };
}
