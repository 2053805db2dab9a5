import type { Applied, Desired, KubeObject, ObjectKey, ResourceType, Writer } from './types.ts';

/**
 * A writer that asks before each write whether it may: of a reconcile that was aborted, or of a process
 * that no longer leads, not one more write gets out, whatever signal it was given.
 */
export class GuardedWriter implements Writer {
  readonly #writer: Writer;
  readonly #assertMayWrite: () => void;

  /** @param assertMayWrite throws when it may not. */
  constructor(writer: Writer, assertMayWrite: () => void) {
    this.#writer = writer;
    this.#assertMayWrite = assertMayWrite;
  }

  async apply<T extends KubeObject>(type: ResourceType<T>, desired: Desired<T>, signal: AbortSignal): Promise<Applied<T>> {
    this.#assertMayWrite();
    return this.#writer.apply(type, desired, signal);
  }

  async writeStatus<T extends KubeObject & { status?: unknown }>(
    type: ResourceType<T>,
    object: T,
    status: NonNullable<T['status']>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#assertMayWrite();
    return this.#writer.writeStatus(type, object, status, signal);
  }

  async delete(type: ResourceType, object: KubeObject, signal: AbortSignal): Promise<boolean> {
    this.#assertMayWrite();
    return this.#writer.delete(type, object, signal);
  }

  async read<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, signal: AbortSignal): Promise<T | undefined> {
    return this.#writer.read(type, key, signal);
  }

  async list<T extends KubeObject>(type: ResourceType<T>, namespace: string, signal: AbortSignal): Promise<readonly T[]> {
    return this.#writer.list(type, namespace, signal);
  }

  async patch<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, patch: object, signal: AbortSignal): Promise<T> {
    this.#assertMayWrite();
    return this.#writer.patch(type, key, patch, signal);
  }
}
