import type { ObjectKey } from '../controller/objects/object-key.ts';

/**
 * A lock for each module around the last check of who uses its volume and the write that follows. The reconcilers of
 * BotModules and of BackupRestores run concurrently; without the lock, each could find the volume free and claim it.
 */
export class VolumeLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Calls `act` when no other call for this module is running, in the order of the calls. */
  async with<T>({ namespace, name }: ObjectKey, act: () => Promise<T>): Promise<T> {
    const key = `${namespace}/${name}`;
    const before = this.#tails.get(key);
    const { promise: tail, resolve: release } = Promise.withResolvers<void>();
    this.#tails.set(key, tail);
    try {
      await before;
      return await act();
    } finally {
      release();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    }
  }
}
