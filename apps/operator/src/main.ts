/** Entry point of the operator's process, and the only module that reads the environment and the kubeconfig. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { proxiesOf } from '@eeveebot/object-store';
import { ConfigError, parseConfig, type OperatorConfig } from './config.ts';
import { errorText } from './controller/errors.ts';
import { runOperator } from './operator.ts';
import { createLog } from './telemetry/log.ts';

/** sysexits(3): the environment is invalid. */
const EXIT_USAGE = 64;

/** Where Kubernetes puts the token of a pod's service account. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

async function main(): Promise<void> {
  const config = parseConfig(process.env, { interactive: process.stdout.isTTY === true, hostName: hostname() });
  const log = await createLog({ level: config.logLevel, format: config.logFormat });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info(`received ${signal}`);
      stop.abort(new Error(`received ${signal}`));
      // A second signal ends the process immediately.
      process.once(signal, () => process.exit(1));
    });
  }
  process.on('unhandledRejection', (error) => {
    log.error('unhandled error: please report it with this line', { error });
    process.exitCode = 1;
    stop.abort(error);
  });
  const randomToken = () => randomBytes(32).toString('hex');
  const { proxies, problems } = proxiesOf(process.env);
  if (problems.length > 0) throw new ConfigError(problems);
  await runOperator({ config, kubeConfig: loadKubeConfig(config), log, randomToken, proxies }, stop.signal);
}

/** @throws ConfigError if no kubeconfig can be used. */
function loadKubeConfig({ inCluster }: OperatorConfig): KubeConfig {
  const kubeConfig = new KubeConfig();
  if (inCluster) {
    // Otherwise, the client library would continue without them and retry forever.
    if (process.env['KUBERNETES_SERVICE_HOST'] === undefined || !existsSync(SERVICE_ACCOUNT_TOKEN)) {
      throw new ConfigError([
        'KUBE_IN_CLUSTER_CONFIG is true, but no service account is mounted here: run in a pod, or unset it to use a kubeconfig',
      ]);
    }
    kubeConfig.loadFromCluster();
    return kubeConfig;
  }
  const files = process.env['KUBECONFIG']?.split(delimiter) ?? [join(homedir(), '.kube', 'config')];
  if (!files.some((file) => existsSync(file))) {
    throw new ConfigError([
      `there is no kubeconfig at ${files.join(', ')}: set KUBECONFIG to the path of one, or KUBE_IN_CLUSTER_CONFIG=true in a pod`,
    ]);
  }
  try {
    kubeConfig.loadFromDefault();
  } catch (error) {
    throw new ConfigError([`the kubeconfig cannot be read: check KUBECONFIG (${errorText(error)})`]);
  }
  if (kubeConfig.getCurrentCluster() === null) {
    throw new ConfigError([
      `the kubeconfig ${files.join(', ')} has no current context with a cluster: set it with \`kubectl config use-context NAME\``,
    ]);
  }
  return kubeConfig;
}

main().catch((error: unknown) => {
  process.stderr.write(`eevee operator: ${errorText(error)}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_USAGE : 1;
});
