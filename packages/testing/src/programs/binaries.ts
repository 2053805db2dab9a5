import { findBinary, searchFolders } from '../../setup/binaries.ts';

/**
 * Binaries that the setup builds. `kube` contains every Kubernetes process and etcd: `kube kube-apiserver …`; `kwok-stages` is a folder.
 */
export type Binary =
  | 'kube'
  | 'kwok'
  | 'kwok-stages'
  | 'nats-server'
  | 'versitygw'
  | 'helm'
  | 'helm4'
  | 'health'
  | 'crane'
  | 'actionlint'
  | 'coredns'
  | 'pause'
  | 'containerd'
  | 'containerd-shim-runc-v2'
  | 'ctr';

/** A server cannot be started because its binary was not built on this machine. */
export class BinaryMissingError extends Error {
  override readonly name = 'BinaryMissingError';
}

/**
 * Path of a pinned program: in the folder that `TEST_ASSETS` names, otherwise in the cache.
 *
 * @throws {BinaryMissingError} when it is in neither.
 * @example
 * spawn(binary('nats-server'), ['--port', '4222']);
 */
export function binary(name: Binary): string {
  const path = findBinary(name);
  if (path !== undefined) return path;
  throw new BinaryMissingError(
    `${name} is not in ${searchFolders().join(', nor in ')}: \`node scripts/run.mjs test integration\` builds it (once, some minutes), ` +
      'or name a folder that has it in TEST_ASSETS',
  );
}

/**
 * Environment of programs in Go that tests start many times: they collect garbage a quarter as often as by default. That saves a third of the
 * processor time of an API server that starts, a fifth of that of helm, and costs a few hundred MiB.
 */
export const GO_ENVIRONMENT: Readonly<Record<string, string>> = { GOGC: '400' };
