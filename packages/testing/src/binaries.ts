import { findBinary, searchFolders } from '../setup/binaries.ts';

/** What the set-up builds. `kube` holds every Kubernetes process and etcd: `kube kube-apiserver …`; `kwok-stages` is a folder. */
export type Binary =
  | 'kube'
  | 'kwok'
  | 'kwok-stages'
  | 'nats-server'
  | 'versitygw'
  | 'helm'
  | 'helm4'
  | 'health'
  | 'coredns'
  | 'pause'
  | 'containerd'
  | 'containerd-shim-runc-v2'
  | 'ctr';

/** A server cannot be started since its binary was never built on this machine. */
export class BinaryMissingError extends Error {
  override readonly name = 'BinaryMissingError';
}

/**
 * The path of a pinned program: from the folder that `TEST_ASSETS` names, else from the cache.
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
