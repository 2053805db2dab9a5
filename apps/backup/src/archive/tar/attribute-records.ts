import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import { ACL_ATTRIBUTES, aclText, aclValue } from './acl.ts';

/**
 * Attributes that only mean something on one machine: SELinux' labels name the categories of one pod, and the hashes of the
 * kernel's integrity measurement are signed for one file.
 */
const OF_ONE_MACHINE: ReadonlySet<string> = new Set(['security.selinux', 'security.ima', 'security.evm']);

/** Whether an attribute is archived and restored. */
export const isPortable = (name: string): boolean =>
  (/^(user|trusted|security)\../.test(name) && !OF_ONE_MACHINE.has(name)) || ACL_ATTRIBUTES.has(name);

/** Keywords of records with extended attributes begin with this, as star and GNU tar write them. */
const KEYWORD = 'SCHILY.xattr.';

const ACL_KEYWORDS: ReadonlySet<string> = new Set(ACL_ATTRIBUTES.values());

/** Whether a PAX record holds an extended attribute. */
export const isAttributeKeyword = (keyword: string): boolean => keyword.startsWith(KEYWORD) || ACL_KEYWORDS.has(keyword);

/** Names in keywords end at an equals sign: GNU tar escapes those. */
const escaped = (name: string): string => name.replaceAll('%', '%25').replaceAll('=', '%3D');
const unescaped = (name: string): string => name.replaceAll(/%3D/gi, '=').replaceAll('%25', '%');

/** The PAX records of extended attributes; those of access control lists are text. */
export function attributeRecords(
  attributes: ExtendedAttributes | undefined,
): readonly (readonly [keyword: string, value: Buffer | string])[] {
  if (attributes === undefined) return [];
  return Array.from(attributes, ([name, value]) => {
    const aclKeyword = ACL_ATTRIBUTES.get(name);
    const text = aclKeyword === undefined ? undefined : aclText(value);
    return aclKeyword !== undefined && text !== undefined ? [aclKeyword, text] : [`${KEYWORD}${escaped(name)}`, value];
  });
}

/**
 * The extended attributes that PAX records hold. An access control list that cannot be understood is empty: it cannot be set, and is
 * known to have been there.
 */
export function attributesOf(records: ReadonlyMap<string, Buffer>): { readonly xattrs?: ExtendedAttributes } {
  const xattrs = new Map<string, Buffer>();
  for (const [keyword, value] of records) {
    const name = keyword.startsWith(KEYWORD) ? unescaped(keyword.slice(KEYWORD.length)) : '';
    if (isPortable(name)) xattrs.set(name, value);
  }
  for (const [name, keyword] of ACL_ATTRIBUTES) {
    const text = records.get(keyword);
    if (text !== undefined && text.length > 0) xattrs.set(name, aclValue(text.toString('utf8')) ?? Buffer.alloc(0));
  }
  return xattrs.size === 0 ? {} : { xattrs };
}
