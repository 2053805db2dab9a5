import { MODULE_ENV, NATS_SECRET_HOST_KEY } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { EnvVar, Volume } from '../resource-types/kubernetes.ts';
import { CA_PATH, caVolume } from './tls.ts';
import { tokenSecret } from './token-secret.ts';

/** Settings of a pod that connects to the NATS of an IpcConfig. */
export interface NatsConnection {
  /** `NATS_HOST` and `NATS_TOKEN`; the token by reference, never by value. */
  readonly env: readonly EnvVar[];
  /** CA certificates for the certificate of NATS, to be mounted at the path in `NATS_CA_FILE`. */
  readonly caVolume: Volume | undefined;
  /** Changes with host or token: pods that carry it are then rolled. */
  readonly checksum: string;
}

/** Connections by IpcConfig: all modules of a bot have the same one. */
const connections = new WeakMap<IpcConfig, NatsConnection>();

/**
 * How pods connect to the NATS of `ipcConfig`; `undefined` until its reconciler has found host and token.
 *
 * @returns the same object until the IpcConfig changes.
 */
export function natsConnection(ipcConfig: IpcConfig): NatsConnection | undefined {
  const checksum = ipcConfig.status?.authChecksum;
  if (checksum === undefined) return undefined;
  const connection = connections.get(ipcConfig) ?? connectionTo(ipcConfig, checksum);
  connections.set(ipcConfig, connection);
  return connection;
}

function connectionTo(ipcConfig: IpcConfig, checksum: string): NatsConnection {
  const { name, key } = tokenSecret(ipcConfig);
  const externalHost = ipcConfig.spec.nats.managed?.enabled === true ? undefined : ipcConfig.spec.nats.external?.host;
  const ca = caVolume(ipcConfig);
  return {
    caVolume: ca,
    env: [
      externalHost === undefined
        ? { name: MODULE_ENV.natsHost, valueFrom: { secretKeyRef: { name, key: NATS_SECRET_HOST_KEY } } }
        : { name: MODULE_ENV.natsHost, value: externalHost },
      { name: MODULE_ENV.natsToken, valueFrom: { secretKeyRef: { name, key } } },
      ...(ca === undefined ? [] : [{ name: MODULE_ENV.natsCaFile, value: CA_PATH }]),
    ],
    checksum,
  };
}
