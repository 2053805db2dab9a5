import { createHash } from 'node:crypto';
import type { Applied } from '../../controller/apply/writer.ts';
import type { Desired } from '../../controller/objects/desired.ts';
import type { KubeObject } from '../../controller/objects/kube-object.ts';
import { isControlledBy } from '../../controller/objects/owners.ts';
import type { ResourceType } from '../../controller/objects/resource-type.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { strategyPatch } from '../../pod-building/strategy-patch.ts';
import {
  DEPLOYMENT,
  POD_DISRUPTION_BUDGET,
  SECRET,
  SERVICE,
  STATEFUL_SET,
  type Deployment,
  type StatefulSet,
} from '../../resource-types/kubernetes.ts';
import type { SecretChecksums } from '../../secrets/secret-checksums.ts';
import { recordApplied } from '../applied-events.ts';
import type { Refusals } from '../refusals.ts';
import { configurationKey, desiredConfigSecret, type NatsSecrets, type PendingToken } from './desired/config-secret.ts';
import { natsConf } from './desired/nats-conf.ts';
import { desiredHeadlessService, desiredService, routeHosts } from './desired/services.ts';
import { natsTopology } from './desired/topology.ts';
import { desiredDeployment, desiredDisruptionBudget, desiredStatefulSet } from './desired/workload.ts';
import { formerLayout, leavingFirst } from './former-layout.ts';
import { observeIpc, type ObservedIpc } from './observe.ts';
import { replacement } from './replacement.ts';
import { runsConfiguration } from './rollout.ts';
import type { IpcSettings } from './settings.ts';
import type { ServerCertificate } from './tls.ts';

interface NatsInput {
  readonly observed: ObservedIpc;
  readonly token: string;
  /** Replaces the token in the input of the configuration's checksum. */
  readonly authChecksum: string;
  /** Servers restart when it changes. */
  readonly certificate: ServerCertificate;
  /** Current content of the Secret with the configuration. */
  readonly known: NatsSecrets;
  readonly pending: PendingToken | undefined;
  readonly settings: IpcSettings;
  readonly checksums: SecretChecksums;
  /** Collects refusals of objects without which the servers can run. */
  readonly refusals: Refusals;
  readonly context: ReconcileContext;
}

/**
 * Applies all objects of a managed NATS, and deletes those that its layout no longer has. A refused Service or PodDisruptionBudget holds up
 * nothing else.
 *
 * @returns whether all servers run with the configuration.
 */
export async function applyNats(given: NatsInput): Promise<boolean> {
  const { observed, context, refusals } = given;
  const { ipcConfig } = observed;
  const { writer, signal, events } = context;
  const applyBeside = async <T extends KubeObject>(type: ResourceType<T>, desired: Desired<T> | undefined) => {
    const applied = desired && (await refusals.tolerate(writer.apply(type, desired, signal)));
    if (applied !== undefined) record(applied);
  };
  const record = (applied: Applied<KubeObject>) => recordApplied(ipcConfig, [applied], events);
  const topology = natsTopology(ipcConfig);
  const configuration = await wantedConfiguration(given);
  const input = {
    ipcConfig,
    defaultImage: given.settings.natsImage,
    configChecksum: configuration.checksum,
    routesUseTls: given.certificate.routeAuthority !== undefined,
  };

  record(await writer.apply(SECRET, desiredConfigSecret(ipcConfig, secretsToKeep(given, configuration)), signal));
  const headlessService = desiredHeadlessService(ipcConfig);
  const disruptionBudget = desiredDisruptionBudget(ipcConfig);
  for (const service of [desiredService(ipcConfig), headlessService]) await applyBeside(SERVICE, service);
  await applyBeside(POD_DISRUPTION_BUDGET, disruptionBudget);

  const { workload: former } = formerLayout(observed);
  if (former !== undefined) await remove(observed, context, former.kind === DEPLOYMENT.kind ? DEPLOYMENT : STATEFUL_SET, former);
  // The end of its pods triggers another reconcile.
  const left = observeIpc({ namespace: ipcConfig.metadata.namespace, name: ipcConfig.metadata.name }, context.cache);
  if (left === undefined || leavingFirst(left) !== undefined) return false;

  if (topology.stateful) await applyStatefulSet(left, desiredStatefulSet(input), context);
  else record(await applyDeployment(observed, desiredDeployment(input), context));

  await removeOwned(observed, given, [
    [SERVICE, headlessService === undefined ? observed.headlessService : undefined],
    [POD_DISRUPTION_BUDGET, disruptionBudget === undefined ? observed.disruptionBudget : undefined],
  ]);
  return runsConfiguration(observeIpc(ipcConfig.metadata, context.cache) ?? observed, configuration.checksum);
}

interface Configuration {
  readonly conf: string;
  readonly checksum: string;
  readonly routePassword: string | undefined;
}

async function wantedConfiguration({
  observed,
  token,
  authChecksum,
  certificate,
  known,
  settings,
  checksums,
}: NatsInput): Promise<Configuration> {
  const { ipcConfig } = observed;
  const topology = natsTopology(ipcConfig);
  const routes = routeHosts(ipcConfig);
  const { pem, routeAuthority } = certificate;
  const tls = pem !== undefined;
  const checksumOf = (conf: string) => shortChecksum([conf, pem, routeAuthority].filter((part) => part !== undefined).join('\0'));
  if (routes.length === 0) {
    const conf = (asked: string) => natsConf({ token: asked, topology, tls, cluster: undefined });
    return { conf: conf(token), checksum: checksumOf(conf(authChecksum)), routePassword: known.routePassword };
  }
  const routePassword = known.routePassword ?? settings.randomToken();
  const routeChecksum = await checksums.of({ text: routePassword, salt: `${ipcConfig.metadata.uid ?? ''} routes` });
  const conf = (asked: string, password: string) =>
    natsConf({ token: asked, topology, tls, cluster: { routes, password, tls: routeAuthority !== undefined } });
  return { conf: conf(token, routePassword), checksum: checksumOf(conf(authChecksum, routeChecksum)), routePassword };
}

const shortChecksum = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Keeps configurations of pods that may still run, or restart, until all servers have the newest one. */
function secretsToKeep({ observed, known, pending }: NatsInput, { conf, checksum, routePassword }: Configuration): NatsSecrets {
  const older = runsConfiguration(observed, checksum) ? {} : known.configurations;
  return { routePassword, pending, configurations: { ...older, [configurationKey(checksum)]: conf } };
}

/** Applies the StatefulSet, or first deletes one whose volumes differ. */
async function applyStatefulSet(observed: ObservedIpc, desired: Desired<StatefulSet>, context: ReconcileContext): Promise<void> {
  const { statefulSet } = observed;
  const { writer, events, signal } = context;
  const how = statefulSet === undefined ? 'none' : replacement(statefulSet, desired);
  if (statefulSet !== undefined && how === 'with-pods') await remove(observed, context, STATEFUL_SET, statefulSet);
  if (statefulSet !== undefined && how === 'keep-pods') await orphanPods(observed, context, statefulSet);
  // Its deletion triggers another reconcile, unless it is gone already.
  if (how !== 'none' && context.cache.store(STATEFUL_SET).get(desired.metadata) !== undefined) return;
  recordApplied(observed.ipcConfig, [await writer.apply(STATEFUL_SET, desired, signal)], events);
}

async function orphanPods(
  { ipcConfig }: ObservedIpc,
  { writer, events, signal }: ReconcileContext,
  statefulSet: StatefulSet,
): Promise<void> {
  const { name, deletionTimestamp } = statefulSet.metadata;
  if (deletionTimestamp !== undefined || !(await writer.orphan(STATEFUL_SET, statefulSet, signal))) return;
  const message = `Deleted StatefulSet ${name} without its pods, to create it with other volumes`;
  events.record(ipcConfig, { type: 'Normal', reason: 'Deleted', message });
}

async function applyDeployment(
  { deployment }: ObservedIpc,
  desired: Desired<Deployment>,
  { writer, signal }: ReconcileContext,
): Promise<Applied<Deployment>> {
  const patch = strategyPatch(deployment, desired);
  if (patch !== undefined) await writer.patch(DEPLOYMENT, desired.metadata, patch, signal);
  return writer.apply(DEPLOYMENT, desired, signal);
}

/** Deletes the NATS that the operator created before; volumes of JetStream and the token stay. */
export async function removeNats(observed: ObservedIpc, deps: Pick<NatsInput, 'context' | 'refusals'>): Promise<void> {
  await removeOwned(observed, deps, [
    [DEPLOYMENT, observed.deployment],
    [STATEFUL_SET, observed.statefulSet],
    [SERVICE, observed.service],
    [SERVICE, observed.headlessService],
    [POD_DISRUPTION_BUDGET, observed.disruptionBudget],
    [SECRET, observed.configSecret],
  ]);
}

/** Deletes those of the objects that exist and belong to this IpcConfig; another object of the same name stays, and so does a refused one. */
async function removeOwned(
  observed: ObservedIpc,
  { context, refusals }: Pick<NatsInput, 'context' | 'refusals'>,
  objects: readonly (readonly [ResourceType, KubeObject | undefined])[],
): Promise<void> {
  for (const [type, object] of objects) {
    if (object !== undefined && isControlledBy(object, observed.ipcConfig))
      await refusals.tolerate(remove(observed, context, type, object));
  }
}

async function remove(
  { ipcConfig }: ObservedIpc,
  { writer, events, signal }: ReconcileContext,
  type: ResourceType,
  object: KubeObject,
): Promise<void> {
  if (object.metadata.deletionTimestamp !== undefined) return;
  if (await writer.delete(type, object, signal)) {
    events.record(ipcConfig, { type: 'Normal', reason: 'Deleted', message: `Deleted ${type.kind} ${object.metadata.name}` });
  }
}
