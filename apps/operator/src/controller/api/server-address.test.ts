import { expect, it } from 'vitest';
import { serverAddress } from './server-address.ts';

it.each([
  ['https://10.96.0.1:443', 'https://10.96.0.1', ''],
  ['https://10.96.0.1:6443', 'https://10.96.0.1:6443', ''],
  ['http://localhost:80/', 'http://localhost', ''],
  ['https://[fd00::1]:443', 'https://[fd00::1]', ''],
  ['HTTPS://Kube.Example:443/k8s/clusters/c-1/', 'https://kube.example', '/k8s/clusters/c-1'],
])('splits %s into its origin and the path before all others', (server, origin, root) => {
  expect(serverAddress(server)).toEqual({ origin, root });
});
