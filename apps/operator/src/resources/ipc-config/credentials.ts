import { ANNOTATION } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
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
import { type TokenValues, tokenValues } from './token-values.ts';

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
  deps: CredentialDeps,
): Promise<IpcProblem | WantedCredentials> {
  const { ipcConfig, tokenSecret: secret } = observed;
  const { secrets, settings, context } = deps;
  const { writer, signal } = context;
  const values = secret && (await secrets.of(secret, { writer, signal }));
  const found = secret && tokenValues(values ?? {}, tokenSecret(ipcConfig).key);
  const plan = tokenPlan(observed, found, settings.clusterDomain);
  if (plan.action === 'report') return plan;
  if (plan.action === 'generate') return generatedCredentials(observed, { plan, found, known }, deps);
  if (plan.action === 'add-host') await addHost(ipcConfig, plan.host, deps);
  return { token: plan.token, host: plan.host, pending: undefined };
}

type GeneratePlan = Extract<TokenPlan, { action: 'generate' }>;

/** Credentials with a token of the operator: the completed current one, or a new one. */
async function generatedCredentials(
  observed: ObservedIpc,
  { plan, found, known }: { readonly plan: GeneratePlan; readonly found: TokenValues | undefined; readonly known: NatsSecrets },
  deps: CredentialDeps,
): Promise<WantedCredentials> {
  const { ipcConfig, tokenSecret: secret } = observed;
  const { settings, generated, context } = deps;
  // Before NATS gets a token that could not be published.
  if (secret !== undefined) assertNotForeign(desiredTokenSecret({ ipcConfig, token: '', host: plan.host, owned: true }), secret);
  const rotation = ipcConfig.metadata.annotations?.[ANNOTATION.rotateToken];
  const replaces = plan.token === undefined && found?.token !== undefined && rotation !== undefined;
  if (replaces && !(await generated.has(observed, context))) {
    if (found.host !== plan.host) await addHost(ipcConfig, plan.host, deps);
    return { token: found.token, host: plan.host, pending: undefined };
  }
  if (replaces && isManaged(ipcConfig)) {
    const pending = pendingToken(known, rotation, settings);
    return { token: pending.token, host: plan.host, pending };
  }
  const token = plan.token ?? settings.randomToken();
  await writeToken(observed, { ...plan, token, isNew: plan.token === undefined }, deps);
  return { token, host: plan.host, pending: undefined };
}

/** The token of a rotation: the one that a former reconcile began with, or a new one. */
const pendingToken = ({ pending }: NatsSecrets, rotation: string, { randomToken }: IpcSettings): PendingToken =>
  pending?.rotation === rotation ? pending : { token: randomToken(), rotation };

/** Adds the host to the token Secret. Not applied: if the operator once generated the token, an apply of only the host would remove it. */
async function addHost(ipcConfig: IpcConfig, host: string, { secrets, context: { writer, signal } }: CredentialDeps): Promise<void> {
  const key = { namespace: ipcConfig.metadata.namespace, name: tokenSecret(ipcConfig).name };
  secrets.remember(await writer.patch(SECRET, key, hostKeyPatch(host), signal));
}

/** Publishes a token that NATS has loaded to the modules. */
export const publishToken = (
  observed: ObservedIpc,
  { token, host }: WantedCredentials,
  deps: Omit<CredentialDeps, 'settings' | 'generated'>,
): Promise<void> =>
  writeToken(
    observed,
    { token, host, isNew: true, because: `annotation ${ANNOTATION.rotateToken} requests a new one, which NATS now accepts` },
    deps,
  );

async function writeToken(
  { ipcConfig, tokenSecret: secret }: ObservedIpc,
  given: Pick<GeneratePlan, 'host' | 'because'> & { readonly token: string; readonly isNew: boolean },
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
