import { createHash } from 'node:crypto';
import type { Applied, Desired, KubeObject, ReconcileContext, ResourceType } from '../../controller/types.ts';
import { DEPLOYMENT, POD_DISRUPTION_BUDGET, SECRET, SERVICE, STATEFUL_SET, type Deployment } from '../../kubernetes.ts';
import { strategyPatch } from '../../workload/strategy-patch.ts';
import { recordApplied } from '../applied-events.ts';
import { desiredConfigSecret } from './desired/config-secret.ts';
import { natsConf } from './desired/nats-conf.ts';
import { desiredHeadlessService, desiredService, routeHosts } from './desired/services.ts';
import { natsTopology } from './desired/topology.ts';
import { desiredDeployment, desiredDisruptionBudget, desiredStatefulSet } from './desired/workload.ts';
import { formerLayout, leavingFirst } from './former-layout.ts';
import { observeIpc, type ObservedIpc } from './observe.ts';

/** Applies all objects of a managed NATS, and deletes those that its layout no longer has. */
export async function applyNats(given: {
  readonly observed: ObservedIpc;
  readonly token: string;
  /** Stands for the token where the checksum of the configuration is made. */
  readonly authChecksum: string;
  readonly defaultImage: string;
  readonly context: ReconcileContext;
}): Promise<void> {
  const { observed, token, context } = given;
  const { ipcConfig } = observed;
  const { writer, signal, events } = context;
  const tell = (applied: Applied<KubeObject>) => recordApplied(ipcConfig, applied, events);
  const topology = natsTopology(ipcConfig);

  tell(await writer.apply(SECRET, desiredConfigSecret({ ipcConfig, token }), signal));
  tell(await writer.apply(SERVICE, desiredService(ipcConfig), signal));
  const headlessService = desiredHeadlessService(ipcConfig);
  if (headlessService !== undefined) tell(await writer.apply(SERVICE, headlessService, signal));
  const disruptionBudget = desiredDisruptionBudget(ipcConfig);
  if (disruptionBudget !== undefined) tell(await writer.apply(POD_DISRUPTION_BUDGET, disruptionBudget, signal));

  const { workload: former } = formerLayout(observed);
  if (former !== undefined) await remove(observed, context, former.kind === DEPLOYMENT.kind ? DEPLOYMENT : STATEFUL_SET, former);
  // The end of its pods brings this here again.
  const left = observeIpc({ namespace: ipcConfig.metadata.namespace, name: ipcConfig.metadata.name }, context.cache);
  if (left === undefined || leavingFirst(left) !== undefined) return;

  const conf = natsConf({ token: given.authChecksum, topology, routes: routeHosts(ipcConfig) });
  const configChecksum = createHash('sha256').update(conf).digest('hex').slice(0, 16);
  const input = { ipcConfig, defaultImage: given.defaultImage, configChecksum };
  tell(
    topology.stateful
      ? await writer.apply(STATEFUL_SET, desiredStatefulSet(input), signal)
      : await applyDeployment(observed, desiredDeployment(input), context),
  );

  await removeOwned(observed, context, [
    [SERVICE, headlessService === undefined ? observed.headlessService : undefined],
    [POD_DISRUPTION_BUDGET, disruptionBudget === undefined ? observed.disruptionBudget : undefined],
  ]);
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

/** Deletes the NATS that the operator made before; volumes of JetStream and the token stay. */
export async function removeNats(observed: ObservedIpc, context: ReconcileContext): Promise<void> {
  await removeOwned(observed, context, [
    [DEPLOYMENT, observed.deployment],
    [STATEFUL_SET, observed.statefulSet],
    [SERVICE, observed.service],
    [SERVICE, observed.headlessService],
    [POD_DISRUPTION_BUDGET, observed.disruptionBudget],
    [SECRET, observed.configSecret],
  ]);
}

/** Deletes those objects that are there and were made for this IpcConfig; a namesake of somebody else stays. */
async function removeOwned(
  observed: ObservedIpc,
  context: ReconcileContext,
  objects: readonly (readonly [ResourceType, KubeObject | undefined])[],
): Promise<void> {
  for (const [type, object] of objects) {
    if (object?.metadata.ownerReferences?.some(({ uid }) => uid === observed.ipcConfig.metadata.uid) === true)
      await remove(observed, context, type, object);
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
