import { NATS_CA_FILE, NATS_SECRET_TOKEN_KEY, natsAuthSecretName, natsName, natsTlsSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import { CliError, EXIT } from '../cli-error.ts';

/** A key of an object of the cluster. */
export interface ClusterKey {
  readonly kind: 'secret' | 'configmap';
  readonly name: string;
  readonly key: string;
}

/** How a NATS is reached. */
export interface NatsAccess {
  readonly token: ClusterKey;
  /** Certificates that the server's is checked against; missing without TLS. */
  readonly ca: ClusterKey | undefined;
  /** Host of the server, as modules know it. */
  readonly host: string;
  /** Service to forward a port to; missing for a NATS outside the cluster, which is reached directly. */
  readonly service: string | undefined;
}

/**
 * The IpcConfig to talk to: the one that is asked for, or the only one.
 *
 * @throws CliError with the names of those that exist.
 */
export function chosenIpcConfig(found: readonly IpcConfig[], asked: string | undefined): IpcConfig {
  const names = found.map(({ metadata }) => metadata.name).toSorted();
  if (names.length === 0)
    throw new CliError('there is no IpcConfig in this namespace: select the namespace of the bot with --namespace', EXIT.noInput);
  const [first] = found;
  if (asked === undefined && names.length > 1) {
    throw new CliError(`there are several IpcConfigs: choose one with --ipc (${names.join(', ')})`, EXIT.usage);
  }
  const chosen = asked === undefined ? first : found.find(({ metadata }) => metadata.name === asked);
  if (chosen === undefined)
    throw new CliError(`there is no IpcConfig "${asked}" in this namespace: choose one of ${names.join(', ')}`, EXIT.noInput);
  return chosen;
}

/** Reason why the NATS of an IpcConfig is not ready; `undefined` if it is. */
export function unreadyReason({ metadata, status }: IpcConfig): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const why = ready === undefined ? 'the operator has not processed it yet' : `${ready.reason}: ${ready.message}`;
  return `NATS of IpcConfig ${metadata.name} is not ready: ${why}`;
}

/** Certificates in the bundle of an external NATS. */
function bundleKey(bundle: NonNullable<IpcConfig['spec']['nats']['external']>['caBundle']): ClusterKey | undefined {
  const { configMapKeyRef, secretKeyRef } = bundle ?? {};
  if (configMapKeyRef !== undefined) {
    return { kind: 'configmap', name: configMapKeyRef.configMap.name, key: configMapKeyRef.key ?? NATS_CA_FILE };
  }
  return secretKeyRef === undefined ? undefined : { kind: 'secret', name: secretKeyRef.secret.name, key: secretKeyRef.key ?? NATS_CA_FILE };
}

/** Certificates of a managed NATS, once its servers have TLS. */
function managedCaKey({ metadata, spec, status }: IpcConfig): ClusterKey | undefined {
  const { tls } = spec.nats;
  if (tls === undefined || status?.natsHost?.startsWith('tls://') !== true) return undefined;
  return { kind: 'secret', name: tls.secretName ?? natsTlsSecretName(metadata.name), key: NATS_CA_FILE };
}

/** The token, which the operator keeps in a Secret of its own unless the user names another. */
function tokenKey({ metadata, spec }: IpcConfig): ClusterKey {
  const reference = spec.nats.token?.secretKeyRef;
  return {
    kind: 'secret',
    name: reference?.secret.name ?? natsAuthSecretName(metadata.name),
    key: reference?.key ?? NATS_SECRET_TOKEN_KEY,
  };
}

/** How the NATS of an IpcConfig is reached. */
export function natsAccess(ipcConfig: IpcConfig): NatsAccess {
  const { managed, external } = ipcConfig.spec.nats;
  const token = tokenKey(ipcConfig);
  const service = natsName(ipcConfig.metadata.name);
  if (managed?.enabled === true) return { token, ca: managedCaKey(ipcConfig), host: ipcConfig.status?.natsHost ?? service, service };
  return { token, ca: bundleKey(external?.caBundle), host: external?.host ?? '', service: undefined };
}
