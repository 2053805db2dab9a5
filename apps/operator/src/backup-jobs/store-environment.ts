import { BACKUP_ENV } from '@eeveebot/contract';
import type { S3Store } from '@eeveebot/crds';
import type { EnvVar, Volume, VolumeMount } from '../resource-types/kubernetes.ts';

/** A part of a container's environment. */
export interface EnvironmentPart {
  readonly env: readonly EnvVar[];
  readonly volumes: readonly Volume[];
  readonly volumeMounts: readonly VolumeMount[];
}

const CA_VOLUME = 'store-ca';
const CA_DIRECTORY = '/etc/eevee-store-ca';
const CA_FILE = 'ca.crt';

/**
 * Environment through which the backup tool accesses an S3Store: credentials by reference, never by value.
 *
 * @example
 * storeEnvironment(store).env; // [{ name: 'S3_ENDPOINT', value: 'https://s3.example.com' }, …]
 */
export function storeEnvironment({ spec }: S3Store): EnvironmentPart {
  const fromSecret = (name: string, { secretKeyRef }: S3Store['spec']['accessId']): EnvVar => ({
    name,
    valueFrom: { secretKeyRef: { name: secretKeyRef.secret.name, key: secretKeyRef.key } },
  });
  const ca = caVolume(spec.caBundle);
  return {
    env: [
      { name: BACKUP_ENV.s3Endpoint, value: spec.endpoint },
      { name: BACKUP_ENV.s3Bucket, value: spec.bucket },
      fromSecret(BACKUP_ENV.s3AccessId, spec.accessId),
      fromSecret(BACKUP_ENV.s3SecretKey, spec.accessKey),
      ...(spec.prefix === undefined ? [] : [{ name: BACKUP_ENV.s3Prefix, value: spec.prefix }]),
      { name: BACKUP_ENV.s3Region, value: spec.region },
      { name: BACKUP_ENV.s3PathStyle, value: String(spec.pathStyle) },
      { name: BACKUP_ENV.s3SignatureV2, value: String(spec.signatureV2) },
      ...(ca === undefined ? [] : [{ name: BACKUP_ENV.s3CaFile, value: `${CA_DIRECTORY}/${CA_FILE}` }]),
    ],
    volumes: ca === undefined ? [] : [ca],
    volumeMounts: ca === undefined ? [] : [{ name: CA_VOLUME, mountPath: CA_DIRECTORY, readOnly: true }],
  };
}

function caVolume(caBundle: S3Store['spec']['caBundle']): Volume | undefined {
  if (caBundle?.configMapKeyRef !== undefined) {
    const { configMap, key } = caBundle.configMapKeyRef;
    return { name: CA_VOLUME, configMap: { name: configMap.name, items: [{ key, path: CA_FILE }] } };
  }
  if (caBundle?.secretKeyRef !== undefined) {
    const { secret, key } = caBundle.secretKeyRef;
    return { name: CA_VOLUME, secret: { secretName: secret.name, items: [{ key, path: CA_FILE }] } };
  }
  return undefined;
}
