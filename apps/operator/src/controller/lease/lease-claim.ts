import { ANNOTATION, defined } from '@eeveebot/contract';
import type { ObjectMeta } from '../objects/kube-object.ts';
import { holderOf, type Lease } from './lease-object.ts';

/** Properties of the holder of a Lease other than its identity. */
export interface LeaseClaim {
  /** Release of the holder: all replicas of an operator have the same. */
  readonly release?: string | undefined;
  /** The holder watches all namespaces. */
  readonly watchesAll?: boolean;
  /** The holder renews it only after another process has asked for it. */
  readonly isOnDemand: boolean;
}

type Annotations = NonNullable<ObjectMeta['annotations']>;

const annotationsOf = ({ metadata }: Lease): Annotations => metadata.annotations ?? {};

/** Metadata of a Lease that `identity` holds under a claim. While the holder stays the same, the asking process stays recorded. */
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
    ...defined({ [ANNOTATION.operatorRelease]: release }),
    ...(watchesAll === true && { [ANNOTATION.watches]: 'all' }),
    ...(isOnDemand && { [ANNOTATION.renewedOnDemand]: 'true' }),
    ...(askedBy !== undefined && before !== undefined && holderOf(before) === identity && { [ANNOTATION.askedBy]: askedBy }),
  };
  return before === undefined && Object.keys(annotations).length === 0 ? {} : { annotations };
}

/** Whether the holder of a Lease renews it only on request, and no process has asked yet. */
export const needsAsking = (lease: Lease): boolean =>
  annotationsOf(lease)[ANNOTATION.renewedOnDemand] === 'true' && isAskedForBy(lease, holderOf(lease));

/** The Lease with a request for renewal by `identity`. */
export const askFor = (lease: Lease, identity: string): Lease => ({
  ...lease,
  metadata: { ...lease.metadata, annotations: { ...annotationsOf(lease), [ANNOTATION.askedBy]: identity } },
});

/** Whether no process other than `identity` asks for the Lease. */
export function isAskedForBy(lease: Lease, identity: string | undefined): boolean {
  const by = annotationsOf(lease)[ANNOTATION.askedBy];
  return by === undefined || by === identity;
}

/** A second operator where only one is allowed. */
export interface Rival {
  readonly text: string;
  /** Both state their release, and the releases differ: this one is not a new pod that waits for the old one. */
  readonly isOfOtherRelease: boolean;
}

/**
 * Message about the holder of a Lease that is not a replica of the operator with this claim: it is of another release, or the
 * operator has no replicas. `undefined` when the holder may be a replica.
 */
export function rivalOf(lease: Lease, own: LeaseClaim): Rival | undefined {
  const holder = holderOf(lease);
  if (holder === undefined) return undefined;
  const release = annotationsOf(lease)[ANNOTATION.operatorRelease];
  const isSameRelease = release !== undefined && release === own.release;
  const mayBeReplica = isSameRelease || (!own.isOnDemand && (release === undefined || own.release === undefined));
  if (mayBeReplica) return undefined;
  const of = release === undefined ? '' : ` of release ${release}`;
  const text = `another operator${of} (${holder}) works in namespace ${lease.metadata.namespace}: this operator writes nothing there until the other one has stopped`;
  return { text, isOfOtherRelease: release !== undefined && own.release !== undefined };
}
