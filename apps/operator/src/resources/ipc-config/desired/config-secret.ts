import { ANNOTATION, defined, natsConfigSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { Secret } from '../../../resource-types/kubernetes.ts';
import { ipcOwner, natsLabels } from './metadata.ts';

/** Key of the password of the routes between the servers of a cluster. */
export const ROUTE_PASSWORD_KEY = 'route-password';

/** Key of a generated token that NATS must load before the modules get it. */
export const PENDING_TOKEN_KEY = 'pending-token';

/** A generated token that replaces the one in the token Secret as soon as NATS has loaded it. */
export interface PendingToken {
  readonly token: string;
  /** Value of the annotation that requested it. */
  readonly rotation: string;
}

/** Content of the Secret with the servers' configuration. */
export interface NatsSecrets {
  readonly routePassword: string | undefined;
  readonly pending: PendingToken | undefined;
  /** Configurations by key: the newest, and older ones that pods may still run with. */
  readonly configurations: Readonly<Record<string, string>>;
}

/**
 * Key of the configuration with this checksum. Each configuration has its own key, which the pod template names: a pod of the former
 * template that restarts finds the former configuration, whether or not the change succeeded.
 */
export const configurationKey = (checksum: string): string => `nats-${checksum}.conf`;

/** The Secret with the servers' configuration, which contains the token. */
export function desiredConfigSecret(ipcConfig: IpcConfig, { routePassword, pending, configurations }: NatsSecrets): Desired<Secret> {
  const values = {
    ...configurations,
    ...defined({ [ROUTE_PASSWORD_KEY]: routePassword }),
    ...(pending === undefined ? {} : { [PENDING_TOKEN_KEY]: pending.token }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: natsConfigSecretName(ipcConfig.metadata.name),
      namespace: ipcConfig.metadata.namespace,
      labels: natsLabels(ipcConfig),
      ...(pending === undefined ? {} : { annotations: { [ANNOTATION.rotateToken]: pending.rotation } }),
      ownerReferences: [ipcOwner(ipcConfig)],
    },
    data: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')])),
  };
}
