import { IPC_CONFIG_REASONS, type IpcConfigReason, type IpcConfigStatus } from '@eeveebot/crds';
import { deletionText } from '../../controller/objects/deletion.ts';
import { readinessConditions, restatedConditions, type StatedReady } from '../../controller/objects/progress.ts';
import type { WorkloadHealth } from '../../diagnosis/workload-health.ts';
import { tokenSecret } from '../../nats/token-secret.ts';
import { natsTopology } from './desired/topology.ts';
import { leavingFirst } from './former-layout.ts';
import type { ObservedIpc } from './observe.ts';
import { isManaged } from './plan.ts';
import { natsHealth } from './rollout.ts';
import type { VolumeReport } from './volumes.ts';

type Ready = StatedReady<IpcConfigReason>;

/** Reason why an IpcConfig cannot be carried out. */
export interface IpcProblem {
  readonly reason: IpcConfigReason;
  readonly message: string;
  /** Host and token, if they are known nevertheless. */
  readonly known?: Credentials | undefined;
  /** Thrown after the status has been written, so that the reconcile is retried. */
  readonly error?: Error;
}

/** Host and token for clients. */
export interface Credentials {
  readonly host: string;
  readonly checksum: string;
}

/** The whole status of an IpcConfig, computed from the observed state. */
export function ipcStatus(given: {
  readonly observed: ObservedIpc;
  readonly outcome: IpcProblem | Credentials;
  readonly volumes: VolumeReport;
  readonly now: Date;
}): IpcConfigStatus {
  const { ipcConfig } = given.observed;
  const { condition: inSync } = given.volumes;
  const health = isManaged(ipcConfig) ? natsHealth(given.observed) : undefined;
  const generation = ipcConfig.metadata.generation ?? 0;
  const credentials = 'reason' in given.outcome ? given.outcome.known : given.outcome;
  const ready = 'reason' in given.outcome ? given.outcome : readyCondition(given.observed, given.outcome, health);
  return {
    observedGeneration: generation,
    conditions: restatedConditions({
      known: ipcConfig.status?.conditions,
      stated: [...readinessConditions(ready, IPC_CONFIG_REASONS), ...(inSync === undefined ? [] : [{ type: 'VolumeInSync', ...inSync }])],
      generation,
      now: given.now,
    }),
    tokenSecret: tokenSecret(ipcConfig).name,
    ...(credentials === undefined ? {} : { natsHost: credentials.host, authChecksum: credentials.checksum }),
    ...(health === undefined ? {} : { replicas: health.replicas, readyReplicas: health.readyReplicas }),
  };
}

function readyCondition(observed: ObservedIpc, { host }: Credentials, health: WorkloadHealth | undefined): Ready {
  if (!isManaged(observed.ipcConfig)) return { reason: 'Ready', message: `NATS at ${host} is external` };
  const leaving = leavingFirst(observed);
  if (leaving !== undefined) return { reason: 'Updating', message: leaving };
  const { deployment, statefulSet, service, headlessService, configSecret } = observed;
  const deleted = deletionText([
    natsTopology(observed.ipcConfig).stateful ? statefulSet : deployment,
    service,
    headlessService,
    configSecret,
  ]);
  if (deleted !== undefined) return { reason: 'Updating', message: deleted };
  if (health === undefined) return { reason: 'Creating', message: 'NATS is being created' };
  return { reason: health.phase, message: health.message };
}
