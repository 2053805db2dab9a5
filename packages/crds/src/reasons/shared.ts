/** Reasons and texts that several kinds share. */
import type { Reason } from './reason.ts';

export const NOTHING = 'Nothing: this state ends without further action.';

export const SECRET_NOT_FOUND: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'A Secret that the spec names does not exist; the message names it.',
  fix: 'Create the Secret in the same namespace, or correct its name. The operator reacts immediately.',
};

export const SECRET_KEY_MISSING: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'A Secret that the spec names lacks the key, or its value is empty; the message names both.',
  fix: 'Add the key to the Secret, or correct `key`. The operator reacts immediately.',
};

export const S3_STORE_NOT_FOUND: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'The S3Store that the spec names does not exist.',
  fix: 'Create it in the same namespace, or correct the name. The operator reacts immediately.',
};

export const S3_STORE_NOT_READY: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'The S3Store exists but is not Ready; the message repeats the cause.',
  fix: 'Check the S3Store (`kubectl describe s3 <name>`). When it is Ready, this continues without further action.',
};
