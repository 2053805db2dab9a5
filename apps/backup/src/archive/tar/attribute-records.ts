import type { ExtendedAttributes } from '../../file-system/extended-attributes.ts';
import { ACL_ATTRIBUTES, aclText, aclValue } from './acl.ts';

/**
 * Attributes that are valid on one machine only: SELinux labels name the categories of one pod, and integrity hashes are signed for one
 * file.
 */
const OF_ONE_MACHINE: ReadonlySet<string> = new Set(['security.selinux', 'security.ima', 'security.evm']);

/** Whether an attribute is archived and restored. */
export const isPortable = (name: string): boolean =>
  (/^(user|trusted|security)\../.test(name) && !OF_ONE_MACHINE.has(name)) || ACL_ATTRIBUTES.has(name);

/** Prefix of the keywords for extended attributes, as written by star and GNU tar. */
const KEYWORD = 'SCHILY.xattr.';

const ACL_KEYWORDS: ReadonlySet<string> = new Set(ACL_ATTRIBUTES.values());

/** Whether a PAX record contains an extended attribute. */
export const isAttributeKeyword = (keyword: string): boolean => keyword.startsWith(KEYWORD) || ACL_KEYWORDS.has(keyword);

/** An equals sign ends a keyword, so GNU tar escapes it in names. */
const escapeName = (name: string): string => name.replaceAll('%', '%25').replaceAll('=', '%3D');
const unescapeName = (name: string): string => name.replaceAll(/%3D/gi, '=').replaceAll('%25', '%');

/** The PAX records for extended attributes; access control lists are stored as text. */
export function attributeRecords(
  attributes: ExtendedAttributes | undefined,
): readonly (readonly [keyword: string, value: Buffer | string])[] {
  if (attributes === undefined) return [];
  return Array.from(attributes, ([name, value]) => {
    const aclKeyword = ACL_ATTRIBUTES.get(name);
    const text = aclKeyword === undefined ? undefined : aclText(value);
    return aclKeyword !== undefined && text !== undefined ? [aclKeyword, text] : [`${KEYWORD}${escapeName(name)}`, value];
  });
}

/**
 * The extended attributes in PAX records. An access control list that cannot be parsed becomes an empty value, which records that a list
 * existed and could not be restored.
 */
export function attributesOf(records: ReadonlyMap<string, Buffer>): { readonly xattrs?: ExtendedAttributes } {
  const xattrs = new Map<string, Buffer>();
  for (const [keyword, value] of records) {
    const name = keyword.startsWith(KEYWORD) ? unescapeName(keyword.slice(KEYWORD.length)) : '';
    if (isPortable(name)) xattrs.set(name, value);
  }
  for (const [name, keyword] of ACL_ATTRIBUTES) {
    const text = records.get(keyword);
    if (text !== undefined && text.length > 0) xattrs.set(name, aclValue(text.toString('utf8')) ?? Buffer.alloc(0));
  }
  return xattrs.size === 0 ? {} : { xattrs };
}
