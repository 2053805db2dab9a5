const FAILS = 'kwok.eevee.test/fails';
const MESSAGE = 'kwok.eevee.test/message';

/**
 * Labels and annotations that make the pods of a kwok node fail, as the kubelet would report it.
 *
 * @example
 * const template = { metadata: kwokPod.crashLoop('environment variable NATS_HOST is not set'), spec };
 */
export const kwokPod = {
  /** Each container ends with exit code 1 and this message, and is in CrashLoopBackOff. */
  crashLoop: (message: string) => ({ labels: { [FAILS]: 'crash-loop' }, annotations: { [MESSAGE]: message } }),
  /** No image can be pulled: ImagePullBackOff with this message. */
  imagePull: (message: string) => ({ labels: { [FAILS]: 'image-pull' }, annotations: { [MESSAGE]: message } }),
} as const;

/** Higher than the weight of kwok's own stages, which is 0. */
const weight = 10_000;

const labelled = (value: string) => ({ key: `.metadata.labels["${FAILS}"]`, operator: 'In', values: [value] });
const alive = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const phase = (value: string) => ({ key: '.status.phase', operator: 'In', values: [value] });
const waitingReason = '.status.containerStatuses.[].state.waiting.reason';

const failingStatus = (states: string) => `
{{ $now := Now }}
{{ $message := index .metadata.annotations "${MESSAGE}" }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: false
  started: false
${states}
{{ end }}
`;

/** Failures that kwok has no stage for: its own end the pod instead of restarting the container. */
export const KWOK_STAGES: readonly object[] = [
  stage('eevee-crash-loop', {
    selector: [labelled('crash-loop'), alive, phase('Running'), { key: waitingReason, operator: 'DoesNotExist' }],
    template: failingStatus(`  restartCount: 3
  state: {waiting: {reason: CrashLoopBackOff, message: back-off 40s restarting failed container}}
  lastState: {terminated: {exitCode: 1, reason: Error, message: {{ $message | Quote }}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}`),
  }),
  stage('eevee-image-pull', {
    selector: [labelled('image-pull'), alive, phase('Pending'), { key: waitingReason, operator: 'DoesNotExist' }],
    template: failingStatus(`  restartCount: 0
  state: {waiting: {reason: ImagePullBackOff, message: {{ $message | Quote }}}}`),
  }),
  // Takes precedence over kwok's pod-ready, which would treat the pod as one that has not started yet.
  stage('eevee-image-pull-stays', {
    selector: [labelled('image-pull'), alive, phase('Pending'), { key: waitingReason, operator: 'Exists' }],
    template: '{}',
    delayMs: 86_400_000,
  }),
];

const ofJob = { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] };

const ended = (endPhase: string, exitCode: number, reason: string) => `
{{ $now := Now }}
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state: {terminated: {exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}
phase: ${endPhase}
`;

/** Slow pods, so that other changes happen while they start or end; one in eight pods of Jobs fails. */
export const SLOW_STAGES: readonly object[] = [
  stage('eevee-slow-success', {
    ...{ selector: [ofJob, alive, phase('Running')], delayMs: 1_000, upToMs: 4_000, weight: 7 * weight },
    template: ended('Succeeded', 0, 'Completed'),
  }),
  stage('eevee-slow-failure', {
    ...{ selector: [ofJob, alive, phase('Running')], delayMs: 1_000, upToMs: 4_000, weight },
    template: ended('Failed', 1, 'Error'),
  }),
  stage('eevee-slow-end', {
    selector: [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }],
    ...{ delayMs: 200, upToMs: 2_000, isDeleted: true },
  }),
];

function stage(
  name: string,
  given: {
    readonly selector: readonly object[];
    readonly template?: string;
    /** Minimum time before the stage begins; with `upToMs`, a random time between both. */
    readonly delayMs?: number;
    readonly upToMs?: number;
    readonly weight?: number;
    readonly isDeleted?: boolean;
  },
): object {
  const { selector, template, delayMs = 0, upToMs, isDeleted = false } = given;
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: { matchExpressions: selector },
      weight: given.weight ?? weight,
      ...(delayMs > 0 && {
        delay: { durationMilliseconds: delayMs, ...(upToMs !== undefined && { jitterDurationMilliseconds: upToMs }) },
      }),
      next: isDeleted ? { delete: true } : { statusTemplate: template },
    },
  };
}
