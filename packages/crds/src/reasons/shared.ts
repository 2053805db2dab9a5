/** Reasons and texts that several kinds share. */
import type { Reason } from './reason.ts';

export const NOTHING = 'Nothing: it passes on its own.';

export const SECRET_NOT_FOUND: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'A Secret that the spec names does not exist; the message says which.',
  fix: 'Create the Secret in the same namespace, or correct its name. It is noticed at once.',
};

export const SECRET_KEY_MISSING: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'A Secret that the spec names has not the key, or it is empty; the message says which.',
  fix: 'Add the key to the Secret, or correct `key`. It is noticed at once.',
};

export const S3_STORE_NOT_FOUND: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'The S3Store that the spec names does not exist.',
  fix: 'Create it in the same namespace, or correct the name. It is noticed at once.',
};

export const S3_STORE_NOT_READY: Reason = {
  status: 'False',
  progress: 'waiting',
  worrying: true,
  when: 'The S3Store is there but not Ready; the message repeats why.',
  fix: 'Look at the S3Store (`kubectl describe s3 <name>`). Once it is Ready, this goes on by itself.',
};
