import { ANNOTATION } from '@eeveebot/contract';
import { holderOf, type Lease } from './lease-object.ts';
import type { ObjectMeta } from './types.ts';

/** Properties of the holder of a Lease other than its identity. */
export interface LeaseClaim {
  /** The release that the holder is of: replicas of one have the same. */
  readonly release?: string | undefined;
  /** The holder watches all namespaces. */
  readonly watchesAll?: boolean;
  /** Renewed only after another process asked for it. */
  readonly isOnDemand: boolean;
}

type Annotations = NonNullable<ObjectMeta['annotations']>;

const annotationsOf = ({ metadata }: Lease): Annotations => metadata.annotations ?? {};

/** Metadata of a Lease that `identity` holds under a claim. Who asked for it stays noted while it goes on to hold it, and is renewed for. */
export function heldBy(
  { release, watchesAll, isOnDemand }: LeaseClaim,
  before?: Lease,
  identity?: string,
): { readonly annotations?: Annotations } {
  const {
    [ANNOTATION.operatorRelease]: _release,
    [ANNOTATION.watches]: _watches,
    [ANNOTATION.renewedOnDemand]: _onDemand,
    [ANNOTATION.askedBy]: askedBy,
    ...others
  } = before === undefined ? {} : annotationsOf(before);
  const annotations: Annotations = {
    ...others,
    ...(release !== undefined && { [ANNOTATION.operatorRelease]: release }),
    ...(watchesAll === true && { [ANNOTATION.watches]: 'all' }),
    ...(isOnDemand && { [ANNOTATION.renewedOnDemand]: 'true' }),
    ...(askedBy !== undefined && before !== undefined && holderOf(before) === identity && { [ANNOTATION.askedBy]: askedBy }),
  };
  return before === undefined && Object.keys(annotations).length === 0 ? {} : { annotations };
}

/** Whether the holder of a Lease renews it only on request, and `identity` has not asked yet. */
export const needsAsking = (lease: Lease, identity: string): boolean =>
  annotationsOf(lease)[ANNOTATION.renewedOnDemand] === 'true' && annotationsOf(lease)[ANNOTATION.askedBy] !== identity;

/** The Lease with the question of `identity`. */
export const askFor = (lease: Lease, identity: string): Lease => ({
  ...lease,
  metadata: { ...lease.metadata, annotations: { ...annotationsOf(lease), [ANNOTATION.askedBy]: identity } },
});

/** Whether nobody but `identity` asks for the Lease. */
export function isAskedForBy(lease: Lease, identity: string): boolean {
  const by = annotationsOf(lease)[ANNOTATION.askedBy];
  return by === undefined || by === identity;
}

/** A second operator where there must be one. */
export interface Rival {
  readonly text: string;
  /** Both say of which release they are: so this one is no new pod that the old one waits for. */
  readonly isOfOtherRelease: boolean;
}

/**
 * Message about the holder of a Lease that is not a replica of the operator whose claim this is: of another release, or beside an
 * operator that has no replicas. `undefined` when it may be one.
 */
export function rivalOf(lease: Lease, own: LeaseClaim): Rival | undefined {
  const holder = holderOf(lease);
  if (holder === undefined) return undefined;
  const release = annotationsOf(lease)[ANNOTATION.operatorRelease];
  const isSameRelease = release !== undefined && release === own.release;
  const mayBeReplica = isSameRelease || (!own.isOnDemand && (release === undefined || own.release === undefined));
  if (mayBeReplica) return undefined;
  const of = release === undefined ? '' : ` of release ${release}`;
  const text = `another operator${of} (${holder}) works in namespace ${lease.metadata.namespace}: this one writes nothing there until that one has ended`;
  return { text, isOfOtherRelease: release !== undefined && own.release !== undefined };
}
