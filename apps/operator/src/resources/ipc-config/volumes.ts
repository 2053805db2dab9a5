import { KEEP_DATA_ANNOTATIONS } from '@eeveebot/contract';
import type { JetStreamVolumeInSyncReason } from '@eeveebot/crds';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { PERSISTENT_VOLUME_CLAIM, type PersistentVolumeClaim } from '../../resource-types/kubernetes.ts';
import { ClaimGrowth, GROWTH_RETRY_MS } from '../claim-growth.ts';
import { natsTopology, type NatsTopology } from './desired/topology.ts';
import type { ObservedIpc } from './observe.ts';
import { isManaged } from './plan.ts';

/** Bound on the claims whose refusal is remembered. */
const REMEMBERED = 1_000;

/** Delay until a refused mark is written again: nothing is lost without it until a tool deletes the claim. */
const MARK_RETRY_MS = 10_000;

/** Differences between the existing claims of JetStream and the spec. */
export interface VolumeReport {
  /** `undefined` without JetStream. */
  readonly condition:
    | { readonly status: 'True' | 'False'; readonly reason: JetStreamVolumeInSyncReason; readonly message: string }
    | undefined;
  readonly retryAfterMs?: number;
}

/** Grows the claims of JetStream servers. A change that an existing claim does not allow stops nothing else. */
export class JetStreamVolumes {
  readonly #growth = new ClaimGrowth(REMEMBERED);

  /** Requests larger volumes for claims that are smaller than the spec asks for. Never shrinks a claim. */
  async grow(observed: ObservedIpc, context: ReconcileContext): Promise<VolumeReport> {
    const { jetstream } = natsTopology(observed.ipcConfig);
    if (jetstream === undefined || !isManaged(observed.ipcConfig)) return { condition: undefined };
    const refused: string[] = [];
    const unmarked: string[] = [];
    for (const claim of observed.claims) {
      unmarked.push(...(await keepData(claim, context)));
      const label = `claim ${claim.metadata.name}`;
      const growth = await this.#growth.request(claim, { storage: jetstream.size, label }, context);
      if (growth.outcome === 'requested') {
        const message = `Requested ${jetstream.size} for ${label}`;
        context.events.record(observed.ipcConfig, { type: 'Normal', reason: 'VolumeGrown', message });
      }
      if (growth.outcome === 'refused') refused.push(growth.message);
    }
    const problems = [...refused, ...unmarked, ...observed.claims.flatMap((claim) => classProblem(claim, jetstream))];
    if (problems.length === 0) {
      return { condition: { status: 'True', reason: 'InSync', message: 'the volumes match spec.nats.managed.jetstream' } };
    }
    const reason = refused.length > 0 ? 'ResizeRefused' : unmarked.length > 0 ? 'NotMarked' : 'StorageClassDiffers';
    const retryAfterMs = unmarked.length > 0 ? MARK_RETRY_MS : GROWTH_RETRY_MS;
    return {
      condition: { status: 'False', reason, message: problems.join('; ') },
      ...(refused.length + unmarked.length > 0 ? { retryAfterMs } : {}),
    };
  }
}

/**
 * The StatefulSet creates the claims, and its template cannot be changed: each claim is marked separately.
 *
 * @returns why the claim is not marked.
 */
async function keepData({ metadata }: PersistentVolumeClaim, { writer, signal }: ReconcileContext): Promise<readonly string[]> {
  const { namespace = '', name, uid, annotations = {}, deletionTimestamp } = metadata;
  const isMarked = Object.entries(KEEP_DATA_ANNOTATIONS).every(([key, value]) => annotations[key] === value);
  if (isMarked || deletionTimestamp !== undefined) return [];
  try {
    await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, { metadata: { uid, annotations: KEEP_DATA_ANNOTATIONS } }, signal);
    return [];
  } catch (error) {
    if (signal.aborted || !(error instanceof ApiError)) throw error;
    return [`claim ${name} cannot be marked as data to keep: ${error.message}`];
  }
}

/** An existing claim keeps its class: only a user can move its data, by copying it. */
function classProblem(
  { metadata, spec }: PersistentVolumeClaim,
  { storageClassName }: NonNullable<NatsTopology['jetstream']>,
): readonly string[] {
  if (storageClassName === undefined || spec?.storageClassName === storageClassName) return [];
  return [
    `claim ${metadata.name} has storage class ${spec?.storageClassName ?? '(none)'}, which cannot be changed to ${storageClassName}: only new servers get the new class`,
  ];
}
