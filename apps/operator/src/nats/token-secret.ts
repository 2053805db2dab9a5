import { NATS_SECRET_TOKEN_KEY, natsAuthSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';

/** Where the NATS token of an IpcConfig is kept, in the IpcConfig's namespace. */
export interface TokenSecret {
  readonly name: string;
  readonly key: string;
}

/**
 * The Secret and key that hold an IpcConfig's token: what `secretKeyRef` names, else the operator's own.
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
