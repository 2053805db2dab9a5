import { NATS_SECRET_TOKEN_KEY, natsAuthSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';

/** Location of the NATS token of an IpcConfig, in the IpcConfig's namespace. */
export interface TokenSecret {
  readonly name: string;
  readonly key: string;
}

/**
 * The Secret and key that hold an IpcConfig's token: those of `secretKeyRef`, otherwise the operator's own.
 *
 * @example
 * tokenSecret(ipcConfig); // { name: 'eevee-bot-nats-auth', key: 'token' }
 */
export function tokenSecret(ipcConfig: IpcConfig): TokenSecret {
  const reference = ipcConfig.spec.nats.token?.secretKeyRef;
  return {
    name: reference?.secret.name ?? natsAuthSecretName(ipcConfig.metadata.name),
    key: reference?.key ?? NATS_SECRET_TOKEN_KEY,
  };
}
