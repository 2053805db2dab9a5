import { ANNOTATION, moduleDeploymentName, RESTART_FIELD_MANAGER } from '@eeveebot/contract';
import type { BotModule } from '@eeveebot/crds';
import { isNotFound } from '../../controller/errors.ts';
import { isOwnedBy } from '../../controller/objects/owners.ts';
import { readyOf } from '../../controller/objects/status.ts';
import { DEPLOYMENT, type Deployment } from '../../resource-types/kubernetes.ts';
import { RequestError } from '../request-error.ts';
import type { Done } from '../schemas.ts';
import type { OperationDeps } from './deps.ts';

/**
 * Replaces a module's pods as `kubectl rollout restart` does, with an annotation on the pod template. It is set by a separate field
 * manager, so that the operator's applies, which do not state it, neither remove it nor detect a change.
 *
 * @throws RequestError 409 when nothing is running.
 */
export async function restartModule(
  module: BotModule,
  { client, cache, clock, events }: OperationDeps,
  signal: AbortSignal,
): Promise<Done> {
  const { namespace, name } = module.metadata;
  if (!module.spec.enabled) throw notRunning(module, 'spec.enabled is false');
  const key = { namespace, name: moduleDeploymentName(name) };
  const deployment = cache.store(DEPLOYMENT).get(key);
  if (deployment === undefined || !isOf(module, deployment)) throw notRunning(module, whyNot(module));
  const annotations = { [ANNOTATION.restartedAt]: clock.now().toISOString() };
  try {
    await client.patch(DEPLOYMENT, key, { spec: { template: { metadata: { annotations } } } }, { signal, manager: RESTART_FIELD_MANAGER });
  } catch (error) {
    if (isNotFound(error)) throw notRunning(module, 'its Deployment has just been deleted');
    throw error;
  }
  events.record(module, { type: 'Normal', reason: 'Restarted', message: `Restarted Deployment ${key.name} (requested over the HTTP API)` });
  return { message: `BotModule ${name} in namespace ${namespace} is being restarted` };
}

const isOf = (module: BotModule, { metadata }: Deployment): boolean =>
  metadata.deletionTimestamp === undefined && isOwnedBy({ metadata }, module.metadata.uid);

const notRunning = ({ metadata }: BotModule, why: string): RequestError =>
  new RequestError(409, 'Conflict', `BotModule ${metadata.name} is not running: ${why}`);

function whyNot({ status }: BotModule): string {
  const ready = readyOf(status);
  return ready === undefined ? 'not reconciled yet' : `${ready.reason}: ${ready.message}`;
}
