/**
 * An IpcConfig: token and host (`credentials.ts`) and certificates (`tls.ts`) → NATS, if it is managed (`nats.ts`, built in `desired/`;
 * `former-layout.ts` orders a change of the layout, `replacement.ts` a change of immutable fields) and its volumes (`volumes.ts`) → status.
 */
import { defined } from '@eeveebot/contract';
import { IPC_CONFIG_REASONS, type IpcConfig } from '@eeveebot/crds';
import type { EventRecorder } from '../../controller/api/events.ts';
import { ApiError, isInvalid } from '../../controller/errors.ts';
import type { Reconcile, ReconcileContext } from '../../controller/run/definition.ts';
import { IPC_CONFIG } from '../../resource-types/kinds.ts';
import { SecretChecksums } from '../../secrets/secret-checksums.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import { reconcileResource } from '../reconcile-resource.ts';
import { Refusals } from '../refusals.ts';
import { publishToken, type WantedCredentials, wantedCredentials } from './credentials.ts';
import { GeneratedTokens } from './generated-tokens.ts';
import { natsSecrets, NO_NATS_SECRETS } from './nats-secrets.ts';
import { applyNats, removeNats } from './nats.ts';
import { observeIpc, type ObservedIpc } from './observe.ts';
import { ipcSpecProblems, isManaged } from './plan.ts';
import type { IpcSettings } from './settings.ts';
import { refusedProblem } from './refused-problem.ts';
import { ipcStatus, type Credentials, type IpcProblem } from './status.ts';
import { ServerCertificates } from './tls.ts';
import { JetStreamVolumes, type VolumeReport } from './volumes.ts';

/** Brings an IpcConfig's token Secret and NATS to the state that it specifies. */
export function ipcConfigReconciler(settings: IpcSettings): Reconcile {
  const { secrets } = settings;
  const given = {
    settings,
    secrets,
    checksums: new SecretChecksums(),
    generated: new GeneratedTokens(),
    certificates: new ServerCertificates(secrets),
    volumes: new JetStreamVolumes(),
  };
  return reconcileResource<IpcConfig, ObservedIpc, Done>({
    type: IPC_CONFIG,
    reasons: IPC_CONFIG_REASONS,
    observe: observeIpc,
    resourceOf: ({ ipcConfig }) => ipcConfig,
    withResource: (observed, ipcConfig) => ({ ...observed, ipcConfig }),
    carryOut: async (observed, context) => ({
      outcome: await carryOut(observed, { ...given, context }),
      volumes: await given.volumes.grow(observed, context),
    }),
    report: (observed, { outcome, volumes }, now) => ({
      status: ipcStatus({ observed, outcome, volumes, now }),
      record: (events) => recordRefusal(observed.ipcConfig, refusalOf(outcome), events),
    }),
    conclude: (_, { outcome, volumes }) => {
      const refusal = refusalOf(outcome);
      const failure = isInvalid(refusal) ? undefined : refusal;
      return { isRejected: refusal !== undefined, ...defined({ failure, requeueAfterMs: volumes.retryAfterMs }) };
    },
  });
}

interface Done {
  readonly outcome: IpcProblem | Credentials;
  readonly volumes: VolumeReport;
}

/** The refusal of a request by the API server that ended the work. */
const refusalOf = (outcome: IpcProblem | Credentials): Error | undefined => ('reason' in outcome ? outcome.error : undefined);

function recordRefusal(ipcConfig: IpcConfig, refusal: Error | undefined, events: EventRecorder): void {
  if (refusal !== undefined && !isInvalid(refusal))
    events.record(ipcConfig, { type: 'Warning', reason: 'Refused', message: refusal.message });
}

interface Deps {
  readonly settings: IpcSettings;
  readonly secrets: SecretValues;
  readonly checksums: SecretChecksums;
  readonly generated: GeneratedTokens;
  readonly certificates: ServerCertificates;
  readonly context: ReconcileContext;
}

async function carryOut(observed: ObservedIpc, deps: Deps): Promise<IpcProblem | Credentials> {
  const { ipcConfig } = observed;
  const { context } = deps;
  const problems = ipcSpecProblems(observed);
  if (problems.length > 0) return { reason: 'InvalidSpec', message: problems.join('; ') };
  // Modules keep the current host and token until NATS has loaded new ones.
  let known = servedCredentials(observed);
  const refusals = new Refusals(context.signal);
  try {
    if (!isManaged(ipcConfig)) await removeNats(observed, { context, refusals });
    const secrets = await readNatsSecrets(observed, deps);
    const wanted = await wantedCredentials(observed, secrets, deps);
    if ('reason' in wanted) return wanted;
    const credentials = await credentialsOf(wanted, ipcConfig, deps);
    known ??= credentials;
    if (!isManaged(ipcConfig)) return outcomeOf(credentials, refusals);
    const certificate = await deps.certificates.of(observed, deps.settings.clusterDomain, context);
    if ('reason' in certificate) return { ...certificate, known };
    const { problem } = certificate;
    const { pending, token } = wanted;
    const taken = await applyNats({
      ...deps,
      observed,
      token,
      pending,
      authChecksum: credentials.checksum,
      certificate,
      known: secrets,
      refusals,
    });
    if (!taken) return outcomeOf(known, refusals, problem);
    if (pending !== undefined) await publishToken(observed, wanted, deps);
    return outcomeOf(credentials, refusals, problem);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof ApiError)) throw error;
    return { ...refusedProblem(error), known };
  }
}

async function credentialsOf({ host, token }: WantedCredentials, { metadata }: IpcConfig, { checksums }: Deps): Promise<Credentials> {
  return { host, checksum: await checksums.of({ text: `${host}\0${token}`, salt: metadata.uid ?? '' }) };
}

/** The outcome of work that was carried out, except for what the API server refused. */
function outcomeOf(credentials: Credentials, refusals: Refusals, problem?: IpcProblem): IpcProblem | Credentials {
  const left = problem ?? (refusals.first && refusedProblem(refusals.first));
  return left === undefined ? credentials : { ...left, known: credentials };
}

/** Host and token that the modules got last; for a managed NATS, the ones that it has loaded. */
function servedCredentials({ ipcConfig }: ObservedIpc): Credentials | undefined {
  const { natsHost: host, authChecksum: checksum } = ipcConfig.status ?? {};
  return host === undefined || checksum === undefined ? undefined : { host, checksum };
}

async function readNatsSecrets({ configSecret }: ObservedIpc, { secrets, context }: Deps) {
  const values = configSecret && (await secrets.of(configSecret, context));
  return configSecret === undefined || values === undefined ? NO_NATS_SECRETS : natsSecrets(configSecret, values);
}
