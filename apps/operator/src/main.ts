/** The operator's process: reads the environment and the kubeconfig, and nothing else does. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { KubeConfig } from '@kubernetes/client-node';
import { ConfigError, parseConfig, type OperatorConfig } from './config.ts';
import { errorText } from './controller/errors.ts';
import { runOperator } from './operator.ts';
import { createLog } from './telemetry/log.ts';

/** sysexits(3): the environment cannot be used. */
const EXIT_USAGE = 64;

async function main(): Promise<void> {
  const config = parseConfig(process.env, { interactive: process.stdout.isTTY === true, hostName: hostname() });
  const log = await createLog({ level: config.logLevel, format: config.logFormat });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      log.info(`received ${signal}`);
      stop.abort(new Error(`received ${signal}`));
      // A second signal ends the process at once.
      process.once(signal, () => process.exit(1));
    });
  }
  process.on('unhandledRejection', (error) => {
    log.error('an error was not handled', { cause: errorText(error) });
    process.exitCode = 1;
    stop.abort(error);
  });
  const randomToken = () => randomBytes(32).toString('hex');
  await runOperator({ config, kubeConfig: loadKubeConfig(config), log, randomToken }, stop.signal);
}

/** @throws ConfigError when there is none that can be used. */
function loadKubeConfig({ inCluster }: OperatorConfig): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    if (inCluster) kubeConfig.loadFromCluster();
    else kubeConfig.loadFromDefault();
  } catch (error) {
    const mend = inCluster
      ? 'KUBE_IN_CLUSTER_CONFIG is true, but no service account is mounted: run in a pod, or unset it to use a kubeconfig'
      : 'the kubeconfig cannot be read: check KUBECONFIG';
    throw new ConfigError([`${mend} (${errorText(error)})`]);
  }
  return kubeConfig;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`eevee operator: ${errorText(error)}\n`);
  process.exitCode = error instanceof ConfigError ? EXIT_USAGE : 1;
}
