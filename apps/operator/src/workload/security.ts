import type { Container, PodSpec } from '../kubernetes.ts';

type PodSecurityContext = NonNullable<PodSpec['securityContext']>;
type SecurityContext = NonNullable<Container['securityContext']>;

/** User and group of module processes, and group of their volumes. */
const UNPRIVILEGED_ID = 1000;

/**
 * What the Pod Security Standard "restricted" asks of a pod, field by field overridden by what the
 * module says.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function podSecurityContext(given: PodSecurityContext = {}): PodSecurityContext {
  return {
    ...rootAllowed(given),
    runAsUser: UNPRIVILEGED_ID,
    runAsGroup: UNPRIVILEGED_ID,
    fsGroup: UNPRIVILEGED_ID,
    // A large volume must not be walked at every start.
    fsGroupChangePolicy: 'OnRootMismatch',
    seccompProfile: { type: 'RuntimeDefault' },
    ...given,
  };
}

/** The container's part of {@link podSecurityContext}. */
export function containerSecurityContext(given: SecurityContext = {}): SecurityContext {
  // A privileged container must be allowed escalation, or the API server refuses it.
  const escalation = given.privileged === true ? {} : { allowPrivilegeEscalation: false };
  // The pod's runAsNonRoot would hold for a container that is to run as root, too.
  const root = given.runAsUser === 0 ? { runAsNonRoot: false } : {};
  return { ...escalation, ...root, capabilities: { drop: ['ALL'] }, ...given };
}

/** `runAsNonRoot` unless root is asked for: the kubelet would refuse the two together. */
function rootAllowed(given: PodSecurityContext): PodSecurityContext {
  return given.runAsUser === 0 ? {} : { runAsNonRoot: true };
}
