import { ANNOTATION } from '@eeveebot/contract';
import { assertNotForeign } from '../../controller/apply/foreign-object.ts';
import { isOwnedBy } from '../../controller/objects/owners.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { tokenSecret } from '../../nats/token-secret.ts';
import { SECRET } from '../../resource-types/kubernetes.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import type { NatsSecrets, PendingToken } from './desired/config-secret.ts';
import { desiredTokenSecret, hostKeyPatch } from './desired/token-secret.ts';
import type { GeneratedTokens } from './generated-tokens.ts';
import type { ObservedIpc } from './observe.ts';
import { isManaged, tokenPlan, type TokenPlan } from './plan.ts';
import type { IpcSettings } from './settings.ts';
import type { IpcProblem } from './status.ts';
import { tokenValues } from './token-values.ts';

/** Desired token and host of NATS. */
export interface WantedCredentials {
  readonly token: string;
  readonly host: string;
  /** Set when the token is not in the token Secret yet: modules get it only after NATS has loaded it. */
  readonly pending: PendingToken | undefined;
}

export interface CredentialDeps {
  readonly secrets: SecretValues;
  readonly settings: IpcSettings;
  readonly generated: GeneratedTokens;
  readonly context: ReconcileContext;
}

/**
 * Reads token and host, and creates those that the operator is responsible for.
 *
 * @throws ApiError 409 when the token Secret would have to change and another resource controls it.
 */
export async function wantedCredentials(
  observed: ObservedIpc,
  known: NatsSecrets,
  { secrets, settings, generated, context }: CredentialDeps,
): Promise<IpcProblem | WantedCredentials> {
  const { ipcConfig, tokenSecret: secret } = observed;
  const { writer, signal } = context;
  const values = secret && (await secrets.of(secret, { writer, signal }));
  const found = secret && tokenValues(values ?? {}, tokenSecret(ipcConfig).key);
  const plan = tokenPlan(observed, found, settings.clusterDomain);
  if (plan.action === 'report') return plan;
  const addHost = async () => {
    // Not applied: if the operator once generated the token, an apply of only the host would remove it.
    const key = { namespace: ipcConfig.metadata.namespace, name: tokenSecret(ipcConfig).name };
    secrets.remember(await writer.patch(SECRET, key, hostKeyPatch(plan.host), signal));
  };
  if (plan.action === 'add-host') await addHost();
  if (plan.action !== 'generate') return { token: plan.token, host: plan.host, pending: undefined };
  // Before NATS gets a token that could not be published.
  if (secret !== undefined) assertNotForeign(desiredTokenSecret({ ipcConfig, token: '', host: plan.host, owned: true }), secret);
  const rotation = ipcConfig.metadata.annotations?.[ANNOTATION.rotateToken];
  const replaces = plan.token === undefined && found?.token !== undefined && rotation !== undefined;
  if (replaces && !(await generated.has(observed, context))) {
    if (found.host !== plan.host) await addHost();
    return { token: found.token, host: plan.host, pending: undefined };
  }
  if (replaces && isManaged(ipcConfig)) {
    const pending = known.pending?.rotation === rotation ? known.pending : { token: settings.randomToken(), rotation };
    return { token: pending.token, host: plan.host, pending };
  }
  const token = plan.token ?? settings.randomToken();
  await writeToken(observed, { ...plan, token, isNew: plan.token === undefined }, { secrets, context });
  return { token, host: plan.host, pending: undefined };
}

/** Publishes a token that NATS has loaded to the modules. */
export const publishToken = (
  observed: ObservedIpc,
  { token, host }: WantedCredentials,
  deps: Omit<CredentialDeps, 'settings' | 'generated'>,
): Promise<void> =>
  writeToken(
    observed,
    { token, host, isNew: true, because: `annotation ${ANNOTATION.rotateToken} asks for a new one, which NATS has taken` },
    deps,
  );

async function writeToken(
  { ipcConfig, tokenSecret: secret }: ObservedIpc,
  given: Pick<Extract<TokenPlan, { action: 'generate' }>, 'host' | 'because'> & { readonly token: string; readonly isNew: boolean },
  { secrets, context }: Omit<CredentialDeps, 'settings' | 'generated'>,
): Promise<void> {
  const { writer, signal, events } = context;
  const owned = secret === undefined || isOwnedBy(secret, ipcConfig.metadata.uid);
  const desired = desiredTokenSecret({ ipcConfig, token: given.token, host: given.host, owned });
  const { outcome, object } = await writer.apply(SECRET, desired, signal);
  if (outcome === 'unchanged') return;
  secrets.remember(object);
  const [made, reason] = given.isNew ? ['Generated a token in', 'TokenGenerated'] : ['Completed', 'Updated'];
  events.record(ipcConfig, { type: 'Normal', reason, message: `${made} Secret ${object.metadata.name}: ${given.because}` });
}
