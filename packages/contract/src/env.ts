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
  /** Absolute path of the module's YAML configuration. */
  moduleConfigPath: 'MODULE_CONFIG_PATH',
  /** Absolute path at which the module's volume is mounted. */
  moduleData: 'MODULE_DATA',
  metricsEnabled: 'METRICS_ENABLED',
  metricsPort: 'METRICS_PORT',
  operatorApiToken: 'EEVEE_OPERATOR_API_TOKEN',
  operatorApiUrl: 'EEVEE_OPERATOR_API_URL',
} as const;

/** Environment variables that the operator's own process reads. */
export const OPERATOR_ENV = {
  namespace: 'NAMESPACE',
  watchOtherNamespaces: 'WATCH_OTHER_NAMESPACES',
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
} as const;

/** Directory at which a module's ConfigMap is mounted. */
export const MODULE_CONFIG_DIRECTORY = '/etc/module-config';

/** Key of the configuration in the ConfigMap, and so its file name in {@link MODULE_CONFIG_DIRECTORY}. */
export const MODULE_CONFIG_FILE = 'config.yaml';

/** Port of modules' and the operator's HTTP servers unless another is asked for. */
export const DEFAULT_HTTP_PORT = 9000;

/** Key of the server's host name in an IpcConfig's token Secret. */
export const NATS_SECRET_HOST_KEY = 'host';

/** Key of the token in an IpcConfig's token Secret unless `secretKeyRef.key` says otherwise. */
export const NATS_SECRET_TOKEN_KEY = 'token';
