import { isErrno } from '@eeveebot/contract';
import { attribute, attributeNames, type ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import { isPortable } from '../tar/attribute-records.ts';

/** Size limit for the attributes of an entry: they must fit into one PAX header, and readers accept at most 1 MiB. */
const LARGEST_BYTES = 900 * 1024;

/** Reads the extended attributes to archive. Remembers file systems that do not support them. */
export class AttributeReader {
  readonly #without = new Set<bigint>();

  /**
   * @param target an open file or a path.
   * @returns undefined when the file has no such attributes.
   * @throws Error of the file system when they cannot be read or are too large.
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

const isUnsupported = (error: unknown): boolean => isErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS');
