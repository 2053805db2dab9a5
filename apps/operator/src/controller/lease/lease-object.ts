import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';

/** A Lease. */
export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export const LEASE: ResourceType<Lease> = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

/** The holder of a lease; `undefined` when it was released. */
export const holderOf = ({ spec }: Lease): string | undefined =>
  spec?.holderIdentity === undefined || spec.holderIdentity === '' ? undefined : spec.holderIdentity;

/** A time in the format of a Lease (metav1.MicroTime). */
export const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');
