import type { Reasons } from './reason.ts';
import { NOTHING, SECRET_KEY_MISSING } from './shared.ts';

/** Reasons of an IpcConfig's `Ready`. */
export const IPC_CONFIG_REASONS = {
  Pending: {
    status: 'Unknown',
    progress: 'waiting',
    worrying: true,
    when: 'Not reconciled yet, the certificate of `tls.issuerRef` was not issued yet, or the API server refuses an object (a quota, an admission rule, a missing permission); the message gives the cause.',
    fix: 'Fix the cause that the message names; the operator keeps trying.',
  },
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec contains a value that the schema cannot reject: a Secret in another namespace, a token that NATS does not accept, or no host for a NATS that the operator does not run.',
    fix: 'Correct the field or the token that the message names.',
  },
  SecretNotFound: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: '`token.generate` is false and the Secret of the token does not exist.',
    fix: 'Create the Secret in the same namespace, correct `secretKeyRef`, or set `generate: true`. The operator reacts immediately.',
  },
  SecretKeyMissing: SECRET_KEY_MISSING,
  Creating: {
    status: 'Unknown',
    progress: 'reconciling',
    worrying: false,
    when: 'The NATS servers were created and have not been available yet.',
    fix: NOTHING,
  },
  Updating: { status: 'Unknown', progress: 'reconciling', worrying: false, when: 'A change is rolling out.', fix: NOTHING },
  Ready: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'All NATS servers are healthy, or NATS is external and host and token are known.',
    fix: 'Nothing.',
  },
  Unavailable: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'Fewer NATS servers are available than desired; the message gives the deepest known cause.',
    fix: 'Fix the cause that the message names.',
  },
} as const satisfies Reasons;

/** Reason of an IpcConfig's `Ready`. */
export type IpcConfigReason = keyof typeof IPC_CONFIG_REASONS;
