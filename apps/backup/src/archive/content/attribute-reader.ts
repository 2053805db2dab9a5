import { attribute, attributeNames, type ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import { isPortable } from '../tar/attribute-records.ts';

/** All attributes of an entry together must fit into one PAX header, of which readers take a MiB at most. */
const LARGEST_BYTES = 900 * 1024;

/** Reads the extended attributes that belong into an archive. File systems that have none are asked once. */
export class AttributeReader {
  readonly #without = new Set<bigint>();

  /**
   * @param target an open file, or a path.
   * @returns undefined when there are none.
   * @throws Error of the file system when they cannot be read, or when there are too many.
   */
  read(target: number | Buffer, device: bigint): ExtendedAttributes | undefined {
    if (this.#without.has(device)) return undefined;
    let names: readonly string[];
    try {
      names = attributeNames(target);
    } catch (error) {
      if (!isUnsupported(error)) throw error;
      this.#without.add(device);
      return undefined;
    }
    const attributes = new Map<string, Buffer>();
    let bytes = 0;
    for (const name of names) {
      const value = isPortable(name) ? attribute(target, name) : undefined;
      if (value === undefined) continue;
      bytes += name.length + value.length;
      attributes.set(name, value);
    }
    if (bytes > LARGEST_BYTES) throw Object.assign(new Error('E2BIG'), { code: 'E2BIG', errno: -7, syscall: 'listxattr' });
    return attributes.size === 0 ? undefined : attributes;
  }
}

const isUnsupported = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(String(error.code));
