import { defined, prefixProblem } from '@eeveebot/contract';
import type { S3Store, S3StoreReason } from '@eeveebot/crds';
import { StoreError } from '@eeveebot/object-store';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { ApiError, isForbidden, isTemporary } from '../controller/errors.ts';
import { readyOf } from '../controller/objects/status.ts';
import { CONFIG_MAP, SECRET, type ConfigMap, type Secret } from '../resource-types/kubernetes.ts';
import { configMapValue, type ReadDeps, type SecretValues } from '../secrets/secret-values.ts';
import type { ProbeOutcome, StoreAccess } from './object-stores.ts';

/** Last known objects that an S3Store refers to; only their metadata. */
export interface StoreReferences {
  readonly secrets: ReadonlyMap<string, Secret | undefined>;
  readonly caConfigMap: ConfigMap | undefined;
}

/** Why a store cannot be used, as in its Ready condition. */
export interface StoreProblem {
  readonly reason: Extract<S3StoreReason, 'InvalidSpec' | 'SecretNotFound' | 'SecretKeyMissing'>;
  readonly message: string;
}

interface SecretUse {
  readonly field: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly key: string;
}

const CA_FIELD = 'spec.caBundle.configMapKeyRef';

/** Names of the Secrets that a store refers to. */
export const secretNames = (store: S3Store): readonly string[] => [...new Set(secretUses(store).map(({ name }) => name))];

/** Name of the ConfigMap that a store refers to, if any. */
export const caConfigMapName = ({ spec }: S3Store): string | undefined => spec.caBundle?.configMapKeyRef?.configMap.name;

/** Looks up the objects that a store refers to in the cache, without a request. */
export function storeReferences(store: S3Store, cache: CacheReader): StoreReferences {
  const { namespace } = store.metadata;
  const configMap = caConfigMapName(store);
  return {
    secrets: new Map(secretNames(store).map((name) => [name, cache.store(SECRET).get({ namespace, name })])),
    caConfigMap: configMap === undefined ? undefined : cache.store(CONFIG_MAP).get({ namespace, name: configMap }),
  };
}

/** Changes whenever an input of the connection changes: the spec, a Secret, the ConfigMap. */
export function storeFingerprint(store: S3Store, { secrets, caConfigMap }: StoreReferences): string {
  const objects = [...secrets.values(), caConfigMap].map((object) => `${object?.metadata.uid}@${object?.metadata.resourceVersion}`);
  return [store.metadata.uid, store.metadata.generation, ...objects].join(' ');
}

/** Why the store cannot be read yet; each message names the field and the fix. */
export function storeProblem(store: S3Store, { secrets, caConfigMap }: StoreReferences): StoreProblem | undefined {
  const { namespace } = store.metadata;
  const uses = secretUses(store);
  const prefix = prefixProblem(store.spec.prefix ?? '');
  if (prefix !== undefined) {
    // The schema rejects such a prefix, but objects of an earlier release may still have one.
    return { reason: 'InvalidSpec', message: `spec.prefix ${JSON.stringify(store.spec.prefix)} ${prefix}: remove it` };
  }
  const foreign = uses.find((use) => use.namespace !== undefined && use.namespace !== namespace);
  if (foreign !== undefined) {
    return {
      reason: 'InvalidSpec',
      message: `${foreign.field}.secret.namespace is ${foreign.namespace}: Secrets in other namespaces are not read; copy the Secret to ${namespace} and remove the field`,
    };
  }
  const missing = uses.find(({ name }) => secrets.get(name) === undefined);
  if (missing !== undefined) {
    return {
      reason: 'SecretNotFound',
      message: `Secret ${missing.name}, which ${missing.field} names, does not exist in namespace ${namespace}: create it with key ${missing.key}, or correct the name`,
    };
  }
  const configMap = caConfigMapName(store);
  if (configMap !== undefined && caConfigMap === undefined) {
    return {
      reason: 'SecretNotFound',
      message: `ConfigMap ${configMap}, which ${CA_FIELD} names, does not exist in namespace ${namespace}: create it, or correct the name`,
    };
  }
  return undefined;
}

/**
 * Address and credentials of a store, including the values of its Secrets.
 *
 * @returns the problem instead if a key is missing.
 * @throws StoreError when the API server refuses to give a value; ApiError when it asks to try again later.
 */
export async function storeLocation(
  store: S3Store,
  references: StoreReferences,
  deps: ReadDeps & { readonly secrets: SecretValues },
): Promise<StoreAccess | StoreProblem> {
  try {
    return await readLocation(store, references, deps);
  } catch (error) {
    if (!(error instanceof ApiError) || isTemporary(error)) throw error;
    throw new StoreError(isForbidden(error) ? 'denied' : 'rejected', `its address and credentials could not be read: ${error.message}`, {
      cause: error,
    });
  }
}

/** Outcome of a connection test for which {@link storeLocation} has thrown. @throws any other error. */
export function failedTest(error: unknown): ProbeOutcome {
  if (!(error instanceof StoreError)) throw error;
  return { succeeded: false, latencyMs: 0, message: error.message };
}

async function readLocation(
  store: S3Store,
  references: StoreReferences,
  { secrets, ...deps }: ReadDeps & { readonly secrets: SecretValues },
): Promise<StoreAccess | StoreProblem> {
  const problem = storeProblem(store, references);
  if (problem !== undefined) return problem;
  const values = await secretValuesOf(store, references, { secrets, ...deps });
  if (!(values instanceof Map)) return values;
  const caText = await caBundleOf(store, deps);
  if (typeof caText === 'object') return caText;
  const { spec } = store;
  return {
    namespace: store.metadata.namespace,
    isReady: readyOf(store.status)?.status === 'True',
    endpoint: spec.endpoint,
    bucket: spec.bucket,
    ...defined({ prefix: spec.prefix }),
    region: spec.region,
    pathStyle: spec.pathStyle,
    signatureV2: spec.signatureV2,
    ...defined({ ca: caText ?? values.get('spec.caBundle.secretKeyRef') }),
    credentials: {
      accessKeyId: values.get('spec.accessId.secretKeyRef') ?? '',
      secretAccessKey: values.get('spec.accessKey.secretKeyRef') ?? '',
    },
  };
}

/** The values of the Secrets that a store refers to, by field. */
async function secretValuesOf(
  store: S3Store,
  references: StoreReferences,
  { secrets, ...deps }: ReadDeps & { readonly secrets: SecretValues },
): Promise<Map<string, string> | StoreProblem> {
  const values = new Map<string, string>();
  for (const use of secretUses(store)) {
    const known = references.secrets.get(use.name);
    const value = known && (await secrets.of(known, deps))?.[use.key];
    if (value === undefined || value === '') return keyMissing(`Secret ${use.name}`, use);
    values.set(use.field, value);
  }
  return values;
}

/** The certificates in the ConfigMap that a store refers to; `undefined` without one. */
async function caBundleOf({ spec, metadata }: S3Store, deps: ReadDeps): Promise<string | undefined | StoreProblem> {
  const ca = spec.caBundle?.configMapKeyRef;
  if (ca === undefined) return undefined;
  const { name } = ca.configMap;
  const text = await configMapValue({ namespace: metadata.namespace, name }, ca.key, deps);
  return text || keyMissing(`ConfigMap ${name}`, { field: CA_FIELD, key: ca.key });
}

const keyMissing = (object: string, { field, key }: Pick<SecretUse, 'field' | 'key'>): StoreProblem => ({
  reason: 'SecretKeyMissing',
  message: `${object} has no key ${key}: add it, or correct ${field}.key`,
});

function secretUses({ spec }: S3Store): readonly SecretUse[] {
  const use = (field: string, reference: S3Store['spec']['accessId']['secretKeyRef']): SecretUse => ({
    field,
    name: reference.secret.name,
    namespace: reference.secret.namespace,
    key: reference.key,
  });
  const ca = spec.caBundle?.secretKeyRef;
  return [
    use('spec.accessId.secretKeyRef', spec.accessId.secretKeyRef),
    use('spec.accessKey.secretKeyRef', spec.accessKey.secretKeyRef),
    ...(ca === undefined ? [] : [use('spec.caBundle.secretKeyRef', ca)]),
  ];
}
