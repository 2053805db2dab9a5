import type { Reasons } from './reason.ts';
import { SECRET_KEY_MISSING, SECRET_NOT_FOUND } from './shared.ts';

/** Reasons of an S3Store's `Ready`. */
export const S3_STORE_REASONS = {
  ConnectionSuccessful: {
    status: 'True',
    progress: 'settled',
    worrying: false,
    when: 'The last test listed the bucket.',
    fix: 'Nothing.',
  },
  ConnectionFailed: {
    status: 'False',
    progress: 'waiting',
    worrying: true,
    when: 'The last test failed; the message distinguishes name resolution, refused connection, TLS, time-out, wrong credentials and missing bucket.',
    fix: 'Correct the cause that the message names: `endpoint`, `caBundle`, the Secrets, `bucket`, or `pathStyle`. A change is tested immediately; the test is repeated at each interval.',
  },
  SecretNotFound: SECRET_NOT_FOUND,
  SecretKeyMissing: SECRET_KEY_MISSING,
  InvalidSpec: {
    status: 'False',
    progress: 'stalled',
    worrying: true,
    when: 'The spec contains a value that the schema cannot reject: a Secret in another namespace, or a `prefix` that was stored by an earlier release.',
    fix: 'Correct the field that the message names.',
  },
} as const satisfies Reasons;

/** Reason of an S3Store's `Ready`. */
export type S3StoreReason = keyof typeof S3_STORE_REASONS;
