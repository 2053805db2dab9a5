import { MODULE_ENV } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { NatsConnection } from '../../nats/connection.ts';
import { reservedNameProblems } from './reserved-names.ts';

/** Variables that the operator sets for this module: Kubernetes rejects an apply with a second entry of the same name. */
const reservedVariables = ({ spec }: BotModule, nats: NatsConnection | undefined): readonly string[] => [
  MODULE_ENV.namespace,
  MODULE_ENV.resourceName,
  MODULE_ENV.httpApiPort,
  MODULE_ENV.terminationGracePeriodSeconds,
  ...(spec.ipcConfig === undefined ? [] : [MODULE_ENV.natsHost, MODULE_ENV.natsToken]),
  ...(nats?.env ?? []).map(({ name }) => name),
  ...(spec.moduleConfig === undefined ? [] : [MODULE_ENV.moduleConfigPath]),
  ...(spec.persistentVolumeClaim === undefined ? [] : [MODULE_ENV.moduleData]),
  ...(spec.metrics ? [MODULE_ENV.metricsEnabled, MODULE_ENV.metricsPort] : []),
  ...(spec.mountOperatorApiToken ? [MODULE_ENV.operatorApiToken, MODULE_ENV.operatorApiUrl] : []),
];

/**
 * Problems of a module's spec that its schema cannot reject; each names the field and the fix.
 *
 * @param given.config problem with `moduleConfig`.
 * @param given.nats connection of the module to NATS, if it is known.
 */
export function specProblems(
  module: BotModule,
  { config, nats }: { readonly config: string | undefined; readonly nats: NatsConnection | undefined },
): readonly string[] {
  const configProblem = config === undefined ? undefined : `spec.moduleConfig ${config}`;
  return [configProblem, envSecretProblem(module), ...envProblems(module, nats), ...reservedNameProblems(module)].filter(
    (problem) => problem !== undefined,
  );
}

function envSecretProblem({ metadata, spec }: BotModule): string | undefined {
  const namespace = spec.envSecret?.namespace;
  if (namespace === undefined || namespace === metadata.namespace) return undefined;
  return `spec.envSecret.namespace is ${namespace}: Secrets in other namespaces are not read; copy the Secret to ${metadata.namespace} and remove the field`;
}

function envProblems(module: BotModule, nats: NatsConnection | undefined): readonly string[] {
  if (module.spec.env === undefined) return [];
  const set = new Set<string>(reservedVariables(module, nats));
  return module.spec.env
    .filter(({ name }) => set.has(name))
    .map(({ name }) => `spec.env sets ${name}, which is reserved for the operator: remove it`);
}
