import { expect, it } from 'vitest';
import { kubectlFailure } from './kubectl.ts';

it.each([
  [
    'Error from server (Forbidden): secrets "a" is forbidden: User "fox" cannot get resource "secrets" in API group "" in the namespace "bots"',
    'fox may not get secrets in namespace bots: ask a cluster administrator for this permission',
    77,
  ],
  [
    'error: error upgrading connection: pods "a" is forbidden: User "fox" cannot create resource "pods/portforward" in API group "" in the namespace "bots"',
    'fox may not create pods/portforward in namespace bots: ask a cluster administrator for this permission',
    77,
  ],
  ['error: the server doesn\'t have a resource type "ipcconfigs"', 'this cluster has no IpcConfigs: eevee is not installed', 66],
  ['Error from server (NotFound): secrets "a" not found', 'secrets "a" not found', 66],
  ['error: timed out waiting for the condition', 'kubectl: timed out waiting for the condition', 69],
])('explains a failure of kubectl: %s', (stderr, message, exitCode) => {
  const error = kubectlFailure(`${stderr}\n`);
  expect([error.message, error.exitCode]).toEqual([expect.stringContaining(message), exitCode]);
});
