import { NATS_CA_DIRECTORY, NATS_CA_FILE, natsTlsSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Volume } from '../resource-types/kubernetes.ts';

/** Scheme of a host whose clients must use TLS. */
export const TLS_SCHEME = 'tls://';

/** Name of the Secret with the certificate of a managed NATS; `undefined` without TLS. */
export function tlsSecretName({ metadata, spec }: IpcConfig): string | undefined {
  const { managed, tls } = spec.nats;
  if (managed?.enabled !== true || tls === undefined) return undefined;
  return tls.secretName ?? natsTlsSecretName(metadata.name);
}

/** Name of the volume with the CA certificates. */
export const CA_VOLUME = 'nats-ca';

/** Path of these certificates in a pod that mounts the volume. */
export const CA_PATH = `${NATS_CA_DIRECTORY}/${NATS_CA_FILE}`;

/**
 * Volume with the CA certificates with which a client verifies the certificate of NATS; `undefined` without any. Only the
 * certificates are mounted, never the private key of the servers.
 */
export function caVolume(ipcConfig: IpcConfig): Volume | undefined {
  const { managed, external } = ipcConfig.spec.nats;
  if (managed?.enabled !== true) return bundleVolume(external?.caBundle);
  const secretName = tlsSecretName(ipcConfig);
  // Modules roll once, when the servers have TLS.
  if (secretName === undefined || ipcConfig.status?.natsHost?.startsWith(TLS_SCHEME) !== true) return undefined;
  // A certificate of a public authority comes without a CA certificate.
  return { name: CA_VOLUME, secret: { secretName, optional: true, items: [{ key: NATS_CA_FILE, path: NATS_CA_FILE }] } };
}

function bundleVolume(bundle: NonNullable<IpcConfig['spec']['nats']['external']>['caBundle']): Volume | undefined {
  if (bundle?.configMapKeyRef !== undefined) {
    const { configMap, key } = bundle.configMapKeyRef;
    return { name: CA_VOLUME, configMap: { name: configMap.name, items: [{ key, path: NATS_CA_FILE }] } };
  }
  if (bundle?.secretKeyRef !== undefined) {
    const { secret, key } = bundle.secretKeyRef;
    return { name: CA_VOLUME, secret: { secretName: secret.name, items: [{ key, path: NATS_CA_FILE }] } };
  }
  return undefined;
}
