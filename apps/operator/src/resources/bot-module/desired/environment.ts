import {
  MODULE_CONFIG_DIRECTORY,
  MODULE_CONFIG_FILE,
  MODULE_ENV,
  OPERATOR_API_TOKEN_SECRET_KEY,
  OPERATOR_API_TOKEN_SECRET_NAME,
} from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import type { NatsConnection } from '../../../nats/connection.ts';
import type { EnvVar } from '../../../resource-types/kubernetes.ts';

/** The environment of a module's container: the operator's variables for the enabled features, then the module's own variables. */
export function moduleEnvironment(given: {
  readonly module: BotModule;
  readonly nats: NatsConnection | undefined;
  readonly operatorApiUrl: string;
}): readonly EnvVar[] {
  const { metadata, spec } = given.module;
  const port = String(spec.metricsPort);
  return [
    { name: MODULE_ENV.namespace, value: metadata.namespace },
    { name: MODULE_ENV.resourceName, value: metadata.name },
    { name: MODULE_ENV.httpApiPort, value: port },
    { name: MODULE_ENV.terminationGracePeriodSeconds, value: String(spec.terminationGracePeriodSeconds ?? 30) },
    ...(given.nats?.env ?? []),
    ...(spec.moduleConfig === undefined
      ? []
      : [{ name: MODULE_ENV.moduleConfigPath, value: `${MODULE_CONFIG_DIRECTORY}/${MODULE_CONFIG_FILE}` }]),
    ...(spec.persistentVolumeClaim === undefined ? [] : [{ name: MODULE_ENV.moduleData, value: spec.volumeMountPath }]),
    ...(spec.metrics
      ? [
          { name: MODULE_ENV.metricsEnabled, value: 'true' },
          { name: MODULE_ENV.metricsPort, value: port },
        ]
      : []),
    ...(spec.mountOperatorApiToken
      ? [
          {
            name: MODULE_ENV.operatorApiToken,
            valueFrom: { secretKeyRef: { name: OPERATOR_API_TOKEN_SECRET_NAME, key: OPERATOR_API_TOKEN_SECRET_KEY } },
          },
          { name: MODULE_ENV.operatorApiUrl, value: given.operatorApiUrl },
        ]
      : []),
    ...(spec.env ?? []),
  ];
}
