import { KEEP_DATA_ANNOTATIONS } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import { ApiError } from '../../controller/errors.ts';
import type { ReconcileContext } from '../../controller/run/definition.ts';
import { setBounded } from '../../controller/set-bounded.ts';
import { quantityValue } from '../../pod-building/quantity.ts';
import { PERSISTENT_VOLUME_CLAIM, type PersistentVolumeClaim } from '../../resource-types/kubernetes.ts';
import { natsTopology, type NatsTopology } from './desired/topology.ts';
import type { ObservedIpc } from './observe.ts';
import { isManaged } from './plan.ts';

/** Delay until a refused size is requested again: the storage class may allow it by then. */
const RETRY_MS = 600_000;

/** Bound on the claims whose refusal is remembered. */
const REMEMBERED = 1_000;

/** Differences between the existing claims of JetStream and the spec. */
export interface VolumeReport {
  /** `undefined` without JetStream. */
  readonly condition: { readonly status: 'True' | 'False'; readonly reason: string; readonly message: string } | undefined;
  readonly retryAfterMs?: number;
}

/** Grows the claims of JetStream servers. A change that an existing claim does not allow stops nothing else. */
export class JetStreamVolumes {
  readonly #refusals = new Map<string, { readonly size: number; readonly message: string; readonly atMs: number }>();

  /** Requests larger volumes for claims that are smaller than the spec asks for. Never shrinks a claim. */
  async grow(observed: ObservedIpc, context: ReconcileContext): Promise<VolumeReport> {
    const { jetstream } = natsTopology(observed.ipcConfig);
    if (jetstream === undefined || !isManaged(observed.ipcConfig)) return { condition: undefined };
    const refused: string[] = [];
    for (const claim of observed.claims) {
      await keepData(claim, context);
      const message = await this.#growClaim(claim, { ...jetstream, ipcConfig: observed.ipcConfig }, context);
      if (message !== undefined) refused.push(message);
    }
    const problems = [...refused, ...observed.claims.flatMap((claim) => classProblem(claim, jetstream))];
    if (problems.length === 0) {
      return { condition: { status: 'True', reason: 'InSync', message: 'the volumes are as spec.nats.managed.jetstream says' } };
    }
    const reason = refused.length > 0 ? 'ResizeRefused' : 'StorageClassDiffers';
    return {
      condition: { status: 'False', reason, message: problems.join('; ') },
      ...(refused.length > 0 ? { retryAfterMs: RETRY_MS } : {}),
    };
  }

  /** @returns the reason why the claim cannot grow. */
  async #growClaim(
    { metadata, spec }: PersistentVolumeClaim,
    { size, ipcConfig }: NonNullable<NatsTopology['jetstream']> & { readonly ipcConfig: IpcConfig },
    { writer, events, now, signal }: ReconcileContext,
  ): Promise<string | undefined> {
    const { namespace = '', name, uid = '' } = metadata;
    const wanted = quantityValue(size);
    if (metadata.deletionTimestamp !== undefined || wanted <= quantityValue(spec?.resources?.requests?.['storage'] ?? 0)) return undefined;
    const known = this.#refusals.get(uid);
    if (known?.size === wanted && now.getTime() - known.atMs < RETRY_MS) return known.message;
    try {
      await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, { spec: { resources: { requests: { storage: size } } } }, signal);
      this.#refusals.delete(uid);
      events.record(ipcConfig, { type: 'Normal', reason: 'VolumeGrown', message: `Asked for ${size} for claim ${name}` });
      return undefined;
    } catch (error) {
      if (signal.aborted || !(error instanceof ApiError)) throw error;
      const message = `claim ${name} cannot be grown to ${size}: ${error.message}`;
      setBounded(this.#refusals, [uid, { size: wanted, message, atMs: now.getTime() }], REMEMBERED);
      return message;
    }
  }
}

/** The StatefulSet creates the claims, and its template cannot be changed: each claim is marked separately. */
async function keepData({ metadata }: PersistentVolumeClaim, { writer, signal }: ReconcileContext): Promise<void> {
  const { namespace = '', name, uid, annotations = {}, deletionTimestamp } = metadata;
  const isMarked = Object.entries(KEEP_DATA_ANNOTATIONS).every(([key, value]) => annotations[key] === value);
  if (isMarked || deletionTimestamp !== undefined) return;
  await writer.patch(PERSISTENT_VOLUME_CLAIM, { namespace, name }, { metadata: { uid, annotations: KEEP_DATA_ANNOTATIONS } }, signal);
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
