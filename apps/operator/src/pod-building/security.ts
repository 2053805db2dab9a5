import type { Container, PodSpec } from '../resource-types/kubernetes.ts';

type PodSecurityContext = NonNullable<PodSpec['securityContext']>;
type SecurityContext = NonNullable<Container['securityContext']>;

/** User and group of module processes, and group of their volumes. */
const UNPRIVILEGED_ID = 1000;

/**
 * Security context that meets the Pod Security Standard "restricted"; each field can be overridden by the
 * module.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function podSecurityContext(given: PodSecurityContext = {}): PodSecurityContext {
  return {
    ...rootAllowed(given),
    runAsUser: UNPRIVILEGED_ID,
    runAsGroup: UNPRIVILEGED_ID,
    fsGroup: UNPRIVILEGED_ID,
    // A large volume must not be traversed at every start.
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
    ...given,
  };
}

/** The container's part of {@link podSecurityContext}. */
export function containerSecurityContext(given: SecurityContext = {}): SecurityContext {
  // A privileged container must allow escalation, or the API server rejects it.
  const escalation = given.privileged === true ? {} : { allowPrivilegeEscalation: false };
  // The pod's runAsNonRoot would also apply to a container that must run as root.
  const root = given.runAsUser === 0 ? { runAsNonRoot: false } : {};
  return { ...escalation, ...root, capabilities: { drop: ['ALL'] }, ...given };
}

/** `runAsNonRoot` unless root is requested: the kubelet rejects the combination. */
function rootAllowed(given: PodSecurityContext): PodSecurityContext {
  return given.runAsUser === 0 ? {} : { runAsNonRoot: true };
}
