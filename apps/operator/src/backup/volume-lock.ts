import type { ObjectKey } from '../controller/types.ts';

/**
 * One at a time for each module: the last look at who uses its volume, and the write that follows from it. The reconcilers of
 * BotModules and of BackupRestores run side by side; without the lock, each could find the volume free and give it away.
 */
export class VolumeLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Calls `act` when no other call for this module runs, in the order of the calls. */
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
