import { join } from 'node:path';
import { binariesFolder } from '../../../scripts/setup/binaries.mjs';

/** A program that the tests run. */
export type BinaryName =
  | 'kube'
  | 'coredns'
  | 'pause'
  | 'containerd'
  | 'containerd-shim-runc-v2'
  | 'ctr'
  | 'helm'
  | 'kwok'
  | 'nats-server'
  | 'versitygw';

/**
 * Path of a pinned program.
 *
 * @throws Error when it has not been built yet: the mend is in the message.
 */
export function binary(name: BinaryName): string {
  return join(binaries(), name);
}

/** Folder with all pinned programs. @throws Error as {@link binary} does. */
export function binaries(): string {
  const folder = binariesFolder();
  if (folder === undefined) throw new Error('The test servers have not been built yet: run "node scripts/run.mjs setup" (once, about 8 minutes)');
  return folder;
}
