import type { Container, PodSpec } from '../resource-types/kubernetes.ts';

type PodSecurityContext = NonNullable<PodSpec['securityContext']>;
type SecurityContext = NonNullable<Container['securityContext']>;

/** User and group of module processes, and group of their volumes. */
const UNPRIVILEGED: PodSecurityContext = { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 };

/**
 * Security context that meets the Pod Security Standard "restricted"; each field can be overridden by the
 * module. An empty context leaves user and groups to the cluster: OpenShift assigns them, and refuses fixed ones.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function podSecurityContext(given: PodSecurityContext = UNPRIVILEGED): PodSecurityContext {
  return {
    ...rootAllowed(given),
    ...(Object.keys(given).length > 0 && UNPRIVILEGED),
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
