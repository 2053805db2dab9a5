import { expect, it } from 'vitest';
import { creationFailure } from './creation-failure.ts';

it.each([
  ['Error creating: pods "echo-x7k2p" is forbidden: exceeded quota: few', 'Error creating: exceeded quota: few'],
  [
    '(combined from similar events): Error creating: pods "echo-q1w2e" is forbidden: exceeded quota: few',
    'Error creating: exceeded quota: few',
  ],
  ['Error creating: Pod "echo-x7k2p" is invalid: spec.containers: Required value', 'Error creating: spec.containers: Required value'],
  [
    'Error creating: persistentvolumeclaims "data" is forbidden: too large',
    'Error creating: persistentvolumeclaims "data" is forbidden: too large',
  ],
])('the failure %j is reported without the generated name of the pod', (message, expected) => {
  expect(creationFailure(message)).toBe(expected);
});
