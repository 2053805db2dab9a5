import type { EventRecorder } from '../controller/api/events.ts';
import type { CacheReader } from '../controller/cache/cache-reader.ts';
import { NotLeaderError } from '../controller/errors.ts';
import type { KubeObject } from '../controller/objects/kube-object.ts';
import type { ObjectKey } from '../controller/objects/object-key.ts';
import type { ResourceType } from '../controller/objects/resource-type.ts';
import type { Reconcile, ReconcileContext, ReconcileResult } from '../controller/run/definition.ts';
import { asPlanned } from './as-planned.ts';
import { isPaused, writePaused, type ReportingResource } from './paused.ts';
import { recordUnready, type Reasons } from './readiness-events.ts';
import { writeStatus } from './write-status.ts';

/** Status to write, and the events that it causes besides the one of an unready resource. */
export interface Report<Resource extends ReportingResource> {
  readonly status: NonNullable<Resource['status']>;
  readonly record?: (events: EventRecorder) => void;
}

/**
 * A kind's part in {@link reconcileResource}.
 *
 * @typeParam Observed everything that affects a resource.
 * @typeParam Done outcome of carrying out what the resource specifies.
 */
export interface ReconciledKind<Resource extends ReportingResource, Observed, Done> {
  readonly type: ResourceType<Resource>;
  /** Reasons of the condition Ready; a resource that gets a worrying one gets an event. */
  readonly reasons: Reasons;
  /** Reads everything that affects a resource from the cache, without a request. `undefined` when the resource is gone. */
  observe(key: ObjectKey, cache: CacheReader): Observed | undefined;
  resourceOf(observed: Observed): Resource;
  withResource(observed: Observed, resource: Resource): Observed;
  /** Whether resources that are being deleted need work. Otherwise their objects are left to the garbage collector. */
  readonly isReconciledWhileDeleted?: boolean;
  /** Whether the annotation that pauses a resource counts in this state. Default: always. */
  mayPause?(observed: Observed): boolean;
  /** Acts. `undefined` ends the reconcile without a status, because a later event starts the next one. */
  carryOut(observed: Observed, context: ReconcileContext): Promise<Done | undefined>;
  /** Whether anything was written, so that the state must be observed again. Default: whether the cache has changed. */
  hasChanged?(done: Done): boolean;
  /** Pure: the whole status, from the state after {@link carryOut}. */
  report(after: Observed, done: Done, now: Date): Report<Resource>;
  /** Whether a status says so little that it is written only once there is nothing else to do. Default: none. */
  isPostponable?(after: Observed, done: Done, status: NonNullable<Resource['status']>): boolean;
  /** Ends the reconcile once the status, which `reported` has, is written. @throws what must be retried. */
  conclude(reported: Observed, done: Done, context: ReconcileContext): ReconcileResult | Promise<ReconcileResult>;
}

/**
 * The course of every reconcile:
 *
 *     observe → carry out → observe again → report (status, events) → conclude (requeue or error)
 *
 * The second observation sends no request either: applied objects are in the cache already. It is left out if the cache has not changed.
 */
export function reconcileResource<Resource extends ReportingResource, Observed, Done>(
  kind: ReconciledKind<Resource, Observed, Done>,
): Reconcile {
  return async (key, context) => {
    const { cache } = context;
    const { changes } = cache;
    const observed = kind.observe(key, cache);
    if (observed === undefined) return;
    const resource = kind.resourceOf(observed);
    if (isLeftToGarbageCollector(kind, resource)) return;
    if (isPaused(resource) && kind.mayPause?.(observed) !== false) return writePaused(kind.type, resource, context);

    const done = await kind.carryOut(observed, context);
    if (done === undefined) return;

    const isUpToDate = cache.changes === changes || !mayHaveChanged(kind, done);
    const latest = (isUpToDate ? undefined : kind.observe(key, cache)) ?? observed;
    const after = kind.withResource(latest, asPlanned(resource, kind.resourceOf(latest)));
    const report = kind.report(after, done, context.now);
    if (context.mayPostpone && isPostponable(kind, { after, done }, report)) return { isPostponed: true };
    return concluded(kind, { reported: await writeReport(kind, { after, report }, context), done }, context);
  };
}

/** The result of {@link ReconciledKind.conclude}. The status that is written names the causes of its errors. */
async function concluded<Resource extends ReportingResource, Observed, Done>(
  kind: ReconciledKind<Resource, Observed, Done>,
  { reported, done }: { readonly reported: Observed; readonly done: Done },
  context: ReconcileContext,
): Promise<ReconcileResult> {
  try {
    return await kind.conclude(reported, done, context);
  } catch (failure) {
    if (context.signal.aborted || failure instanceof NotLeaderError) throw failure;
    return { failure };
  }
}

const mayHaveChanged = <Done>(kind: { hasChanged?(done: Done): boolean }, done: Done): boolean => kind.hasChanged?.(done) !== false;

const isPostponable = <Resource extends ReportingResource, Observed, Done>(
  kind: ReconciledKind<Resource, Observed, Done>,
  { after, done }: { readonly after: Observed; readonly done: Done },
  { status }: Report<Resource>,
): boolean => kind.isPostponable?.(after, done, status) === true;

const isLeftToGarbageCollector = (
  { isReconciledWhileDeleted = false }: { readonly isReconciledWhileDeleted?: boolean },
  { metadata }: KubeObject,
): boolean => metadata.deletionTimestamp !== undefined && !isReconciledWhileDeleted;

/** Records the events of a report and writes its status. @returns the observed state with that status. */
async function writeReport<Resource extends ReportingResource, Observed, Done>(
  kind: ReconciledKind<Resource, Observed, Done>,
  { after, report }: { readonly after: Observed; readonly report: Report<Resource> },
  context: ReconcileContext,
): Promise<Observed> {
  const { events } = context;
  const resource = kind.resourceOf(after);
  const { status, record } = report;
  recordUnready({ resource, status, reasons: kind.reasons, events });
  record?.(events);
  await writeStatus(kind.type, { resource, status }, context);
  return kind.withResource(after, { ...resource, status });
}
