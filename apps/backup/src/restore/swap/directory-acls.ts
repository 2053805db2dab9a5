import { ACL_ATTRIBUTES } from '../../archive/tar/acl.ts';
import { attribute, attributeNames, removeAttribute, setAttribute } from '../../file-system/extended-attributes.ts';
import { isMetadataRefusal } from '../../file-system/metadata-refusal.ts';

/** Access control lists of a directory: attribute values in base64, by attribute name. */
export type DirectoryAcls = Readonly<Record<string, string>>;

/** The access control lists of a directory; undefined when the file system does not support them. */
export function directoryAcls(directory: Buffer): DirectoryAcls | undefined {
  try {
    const names = attributeNames(directory).filter((name) => ACL_ATTRIBUTES.has(name));
    return Object.fromEntries(names.map((name) => [name, attribute(directory, name)?.toString('base64') ?? '']));
  } catch (error) {
    if (isMetadataRefusal(error)) return undefined;
    throw error;
  }
}

/**
 * Replaces the access control lists of a directory. The group bits of its mode are the list's mask: without the list, the group would get
 * the permissions of every user that the list names.
 *
 * @throws Error with the `code` of the system call.
 */
export function setDirectoryAcls(directory: Buffer, acls: DirectoryAcls): void {
  for (const name of ACL_ATTRIBUTES.keys()) {
    const content = acls[name];
    if (content === undefined || content === '') removeAttribute(directory, name);
    else setAttribute(directory, name, Buffer.from(content, 'base64'));
  }
}
