import { ANNOTATION, NATS_SECRET_HOST_KEY } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import { tokenSecret } from '../../../nats/token-secret.ts';
import type { Secret } from '../../../resource-types/kubernetes.ts';
import { ipcOwner, natsLabels } from './metadata.ts';

/**
 * The Secret with a generated token and the host.
 *
 * @param owned whether the Secret is deleted with the IpcConfig: one that existed before is not.
 */
export function desiredTokenSecret(given: {
  readonly ipcConfig: IpcConfig;
  readonly token: string;
  readonly host: string;
  readonly owned: boolean;
}): Desired<Secret> {
  const { ipcConfig, token, host, owned } = given;
  const { name, key } = tokenSecret(ipcConfig);
  const rotation = ipcConfig.metadata.annotations?.[ANNOTATION.rotateToken];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: ipcConfig.metadata.namespace,
      labels: natsLabels(ipcConfig),
      // Records the rotation that this token was generated for.
      ...(rotation === undefined ? {} : { annotations: { [ANNOTATION.rotateToken]: rotation } }),
      ...(owned ? { ownerReferences: [ipcOwner(ipcConfig)] } : {}),
    },
    data: { [key]: base64(token), [NATS_SECRET_HOST_KEY]: base64(host) },
  };
}

/** Merge patch that adds the host to a user's Secret and changes nothing else. */
export const hostKeyPatch = (host: string): object => ({ data: { [NATS_SECRET_HOST_KEY]: base64(host) } });

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
