import { ApiError, isInvalid } from '../../controller/errors.ts';
import type { Reconcile, ReconcileContext } from '../../controller/types.ts';
import { SECRET } from '../../kubernetes.ts';
import { tokenSecret } from '../../nats/token-secret.ts';
import { SecretChecksums } from '../../secret-checksums.ts';
import { SecretValues } from '../../secret-values.ts';
import { asPlanned } from '../as-planned.ts';
import { isPaused, writePaused } from '../paused.ts';
import { IPC_CONFIG } from '../types.ts';
import { desiredTokenSecret, hostKeyPatch } from './desired/token-secret.ts';
import { recordReadiness } from './events.ts';
import { applyNats, removeNats } from './nats.ts';
import { observeIpc, type ObservedIpc } from './observe.ts';
import { ipcSpecProblems, isManaged, tokenPlan } from './plan.ts';
import type { IpcSettings } from './settings.ts';
import { ipcStatus, type Credentials, type IpcProblem } from './status.ts';
import { tokenValues } from './token-values.ts';

/** Brings an IpcConfig's token Secret and NATS to what it says. */
export function ipcConfigReconciler(settings: IpcSettings): Reconcile {
  const secrets = new SecretValues();
  const checksums = new SecretChecksums();
  return async (key, context) => {
    const observed = observeIpc(key, context.cache);
    if (observed === undefined || observed.ipcConfig.metadata.deletionTimestamp !== undefined) return;
    if (isPaused(observed.ipcConfig)) return writePaused(IPC_CONFIG, observed.ipcConfig, context);

    const outcome = await carryOut(observed, { secrets, checksums, settings, context });

    const latest = observeIpc(key, context.cache) ?? observed;
    const after = { ...latest, ipcConfig: asPlanned(observed.ipcConfig, latest.ipcConfig) };
    const status = ipcStatus({ observed: after, outcome, now: context.now });
    recordReadiness(after.ipcConfig, status, context.events);
    await context.writer.writeStatus(IPC_CONFIG, after.ipcConfig, status, context.signal);
    if (!('reason' in outcome) || outcome.error === undefined) return {};
    if (isInvalid(outcome.error)) return { isRejected: true };
    throw outcome.error;
  };
}

interface Means {
  readonly secrets: SecretValues;
  readonly checksums: SecretChecksums;
  readonly settings: IpcSettings;
  readonly context: ReconcileContext;
}

async function carryOut(observed: ObservedIpc, means: Means): Promise<IpcProblem | Credentials> {
  const { context } = means;
  let known: Credentials | undefined;
  const problems = ipcSpecProblems(observed.ipcConfig);
  if (problems.length > 0) return { reason: 'InvalidSpec', message: problems.join('; ') };
  try {
    if (!isManaged(observed.ipcConfig)) await removeNats(observed, context);
    const credentials = await ensureCredentials(observed, means);
    if ('reason' in credentials) return credentials;
    const { token, host } = credentials;
    const checksum = await means.checksums.of({ text: `${host}\0${token}`, salt: observed.ipcConfig.metadata.uid ?? '' });
    known = { host, checksum };
    if (isManaged(observed.ipcConfig)) {
      await applyNats({ observed, token, authChecksum: checksum, defaultImage: means.settings.natsImage, context });
    }
    return known;
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    // Modules go on with token and host as they are: those are none the worse for what NATS itself may not be.
    const { message } = error;
    if (isInvalid(error)) return { reason: 'InvalidSpec', message, known, error };
    return { reason: 'Pending', message: `the API server refuses what is to be done, and is asked again: ${message}`, known, error };
  }
}

/** Reads token and host, and makes what of them is the operator's to make. */
async function ensureCredentials(
  observed: ObservedIpc,
  { secrets, settings, context }: Means,
): Promise<IpcProblem | { readonly token: string; readonly host: string }> {
  const { ipcConfig, tokenSecret: secret } = observed;
  const { writer, signal, events } = context;
  const values = secret && (await secrets.of(secret, { writer, signal }));
  const found = secret && tokenValues(values ?? {}, tokenSecret(ipcConfig).key);
  const plan = tokenPlan(observed, found, settings.clusterDomain);
  if (plan.action === 'report' || plan.action === 'use') return plan;
  if (plan.action === 'add-host') {
    // Not applied: where the token was once ours to make, applying the host alone would take the token away.
    const key = { namespace: ipcConfig.metadata.namespace, name: tokenSecret(ipcConfig).name };
    secrets.remember(await writer.patch(SECRET, key, hostKeyPatch(plan.host), signal));
    return { token: plan.token, host: plan.host };
  }
  const token = plan.token ?? settings.randomToken();
  const owned = secret === undefined || secret.metadata.ownerReferences?.some(({ uid }) => uid === ipcConfig.metadata.uid) === true;
  const { outcome, object } = await writer.apply(SECRET, desiredTokenSecret({ ipcConfig, token, host: plan.host, owned }), signal);
  if (outcome !== 'unchanged') {
    secrets.remember(object);
    const made = plan.token === undefined ? 'Generated a token in' : 'Completed';
    const reason = plan.token === undefined ? 'TokenGenerated' : 'Updated';
    events.record(ipcConfig, { type: 'Normal', reason, message: `${made} Secret ${object.metadata.name}: ${plan.because}` });
  }
  return { token, host: plan.host };
}
