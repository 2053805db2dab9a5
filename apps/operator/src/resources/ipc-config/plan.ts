import {
  ANNOTATION,
  NATS_SECRET_HOST_KEY,
  natsConfigSecretName,
  natsHost,
  natsTlsSecretName,
  OPERATOR_API_TOKEN_SECRET_NAME,
} from '@eeveebot/contract';
import type { IpcConfig, IpcConfigReason } from '@eeveebot/crds';
import { controllerOf } from '../../controller/objects/owners.ts';
import { TLS_SCHEME } from '../../nats/tls.ts';
import { tokenSecret } from '../../nats/token-secret.ts';
import { olderOf, sharedLabelProblem } from '../older-resource.ts';
import type { ObservedIpc } from './observe.ts';
import type { TokenValues } from './token-values.ts';

/** Next action for an IpcConfig's token and host. */
export type TokenPlan =
  /** Token and host exist. */
  | { readonly action: 'use'; readonly token: string; readonly host: string }
  /** The operator's token Secret is missing or incomplete, or needs a new token. `token` is undefined when one must be generated. */
  | { readonly action: 'generate'; readonly token: string | undefined; readonly host: string; readonly because: string }
  /** A Secret of a user has the token; the operator adds the host. */
  | { readonly action: 'add-host'; readonly token: string; readonly host: string }
  /** The user has to act first. */
  | { readonly action: 'report'; readonly reason: IpcConfigReason; readonly message: string };

/** Whether the operator runs this IpcConfig's NATS. */
export const isManaged = ({ spec }: IpcConfig): boolean => spec.nats.managed?.enabled === true;

/** Tokens and passwords that NATS interprets as a hash. */
const BCRYPT_HASH = /^\$2[abxy]\$\d{2}\$/;
/** A null character, or the replacement character of bytes that are not UTF-8. */
const NOT_IN_ENVIRONMENT = /[\0\uFFFD]/;

/** Whether the operator generates the token: by request, or by default for a managed NATS. */
const generatesToken = (ipcConfig: IpcConfig): boolean => ipcConfig.spec.nats.token?.generate ?? isManaged(ipcConfig);

/** Problems of an IpcConfig's spec that its schema cannot reject; each names the field and the fix. */
export function ipcSpecProblems(observed: Pick<ObservedIpc, 'ipcConfig' | 'sameLabelConfigs' | 'sameSecretConfigs'>): readonly string[] {
  const { ipcConfig, sameLabelConfigs } = observed;
  const { metadata, spec } = ipcConfig;
  const { token, external } = spec.nats;
  const references = [
    ['spec.nats.token.secretKeyRef', token?.secretKeyRef?.secret],
    ['spec.nats.external.caBundle.secretKeyRef', external?.caBundle?.secretKeyRef?.secret],
  ] as const;
  const foreign = references.flatMap(([field, secret]) =>
    secret?.namespace === undefined || secret.namespace === metadata.namespace
      ? []
      : [
          `${field}.secret.namespace is ${secret.namespace}: Secrets in other namespaces are not read; copy the Secret to ${metadata.namespace} and remove the field`,
        ],
  );
  const others = [tokenSecretProblem(observed), sharedLabelProblem(ipcConfig, sameLabelConfigs)];
  return [...foreign, ...others.filter((problem) => problem !== undefined)];
}

/** The operator writes the host into the token Secret, so it must not write anything else there. */
function tokenSecretProblem({ ipcConfig, sameSecretConfigs }: Pick<ObservedIpc, 'ipcConfig' | 'sameSecretConfigs'>): string | undefined {
  if (!writesSecret(ipcConfig)) return undefined;
  const field = 'spec.nats.token.secretKeyRef.secret.name';
  const { name } = tokenSecret(ipcConfig);
  const { name: ipcName } = ipcConfig.metadata;
  if ([OPERATOR_API_TOKEN_SECRET_NAME, natsConfigSecretName(ipcName), natsTlsSecretName(ipcName)].includes(name))
    return `${field} is ${name}, which the operator uses for another purpose: use another Secret`;
  const older = olderOf(ipcConfig, sameSecretConfigs.filter(writesSecret));
  return (
    older &&
    `${field} is ${name}, which IpcConfig ${older.metadata.name} uses: a Secret has only one key ${NATS_SECRET_HOST_KEY}, so modules of one would connect to the NATS of the other; use another Secret`
  );
}

/** Whether the operator writes into the token Secret: a host that users keep there themselves may be shared. */
const writesSecret = (ipcConfig: IpcConfig): boolean => isManaged(ipcConfig) || generatesToken(ipcConfig);

/**
 * Decides on the source of token and host.
 *
 * @param values content of the token Secret; `undefined` when there is no such Secret.
 */
export function tokenPlan(observed: ObservedIpc, values: TokenValues | undefined, clusterDomain: string): TokenPlan {
  const { ipcConfig } = observed;
  const host = wantedHost(ipcConfig, values?.host, clusterDomain);
  const secret = tokenSecret(ipcConfig);
  if (host === undefined) {
    return {
      action: 'report',
      reason: values === undefined ? 'SecretNotFound' : 'SecretKeyMissing',
      message: `spec.nats.managed.enabled is false, but no host is configured: set spec.nats.external.host, or key ${NATS_SECRET_HOST_KEY} in Secret ${secret.name}`,
    };
  }
  return generatesToken(ipcConfig) ? generatedToken(observed, values, host) : givenToken(observed, values, host);
}

/**
 * Host of NATS. A managed NATS is behind its Service, whatever the Secret contains; another one is at the host in the spec, or else in the
 * Secret, unless that is the Service of a NATS that the operator ran before.
 */
function wantedHost(ipcConfig: IpcConfig, noted: string | undefined, clusterDomain: string): string | undefined {
  const { name, namespace } = ipcConfig.metadata;
  const own = natsHost({ ipcConfig: name, namespace, clusterDomain });
  if (isManaged(ipcConfig)) return ipcConfig.spec.nats.tls === undefined ? own : `${TLS_SCHEME}${own}`;
  return ipcConfig.spec.nats.external?.host ?? (noted === own || noted === `${TLS_SCHEME}${own}` ? undefined : noted);
}

/** Reason why a NATS server cannot have this token; `undefined` when it can. Never quotes the token itself. */
function tokenProblem(token: string): string | undefined {
  // The server interprets such a token as a hash, and would refuse every client that sends it verbatim.
  if (BCRYPT_HASH.test(token))
    return 'begins like a bcrypt hash ($2a$…), so NATS would treat it as a hash: use a token that begins differently';
  if (NOT_IN_ENVIRONMENT.test(token))
    return 'contains a null character or bytes that are not valid UTF-8, so it cannot be an environment variable: use text';
  return undefined;
}

/** Reports a token that a managed NATS cannot have. */
function unfitToken(ipcConfig: IpcConfig, token: string): TokenPlan | undefined {
  const problem = isManaged(ipcConfig) ? tokenProblem(token) : undefined;
  if (problem === undefined) return undefined;
  const { name, key } = tokenSecret(ipcConfig);
  const instead = generatesToken(ipcConfig) ? ', or remove the key to have a token generated' : '';
  return { action: 'report', reason: 'InvalidSpec', message: `Secret ${name}: the token under key ${key} ${problem}${instead}` };
}

function generatedToken({ ipcConfig, tokenSecret: secret }: ObservedIpc, values: TokenValues | undefined, host: string): TokenPlan {
  const generate = (because: string): TokenPlan => ({ action: 'generate', token: undefined, host, because });
  if (values === undefined) return generate('it did not exist');
  if (values.token === undefined) return generate(`it had no key ${tokenSecret(ipcConfig).key}`);
  const unfit = unfitToken(ipcConfig, values.token);
  if (unfit !== undefined) return unfit;
  const wanted = ipcConfig.metadata.annotations?.[ANNOTATION.rotateToken];
  const done = secret?.metadata.annotations?.[ANNOTATION.rotateToken];
  if (wanted !== undefined && wanted !== done) return generate(`annotation ${ANNOTATION.rotateToken} requests a new one`);
  if (values.host === host) return { action: 'use', token: values.token, host };
  // An apply would also make the operator an owner of the token. Where another resource controls the Secret, it is refused.
  if (secret !== undefined && controllerOf(secret) === undefined) return { action: 'add-host', token: values.token, host };
  return { action: 'generate', token: values.token, host, because: `its key ${NATS_SECRET_HOST_KEY} was not the host of this NATS` };
}

function givenToken({ ipcConfig }: ObservedIpc, values: TokenValues | undefined, host: string): TokenPlan {
  const { name, key } = tokenSecret(ipcConfig);
  if (values === undefined) {
    return {
      action: 'report',
      reason: 'SecretNotFound',
      message: `Secret ${name} does not exist in namespace ${ipcConfig.metadata.namespace}: create it with key ${key}, or set spec.nats.token.generate to true`,
    };
  }
  if (values.token === undefined) {
    return {
      action: 'report',
      reason: 'SecretKeyMissing',
      message: `Secret ${name} has no key ${key}: add it, or correct spec.nats.token.secretKeyRef.key`,
    };
  }
  const unfit = unfitToken(ipcConfig, values.token);
  if (unfit !== undefined) return unfit;
  return { action: values.host !== host && isManaged(ipcConfig) ? 'add-host' : 'use', token: values.token, host };
}
