/**
 * POSIX access control lists: as Linux extended attributes and as the text stored in archives.
 *
 * @see https://man7.org/linux/man-pages/man5/acl.5.html
 */

/** Extended attributes that contain access control lists, and the PAX keywords for them. */
export const ACL_ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['system.posix_acl_access', 'SCHILY.acl.access'],
  ['system.posix_acl_default', 'SCHILY.acl.default'],
]);

/** The list that controls access to a file. */
export const ACCESS_ACL = 'system.posix_acl_access';
/** The list that new files in a directory inherit. */
export const DEFAULT_ACL = 'system.posix_acl_default';

/** Entry tags. @see linux/posix_acl_xattr.h */
const TAG = { owner: 0x01, user: 0x02, owningGroup: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;
const VERSION = 2;
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
/** The id of entries without one. */
const NO_ID = 0xffff_ffff;

/** An entry of a list. */
interface AclEntry {
  readonly tag: number;
  /** Bits for reading, writing and executing. */
  readonly permissions: number;
  readonly id: number;
}

function parsedAclValue(value: Buffer): readonly AclEntry[] | undefined {
  if (value.length < HEADER_BYTES || value.readUInt32LE(0) !== VERSION || (value.length - HEADER_BYTES) % ENTRY_BYTES !== 0)
    return undefined;
  return Array.from({ length: (value.length - HEADER_BYTES) / ENTRY_BYTES }, (_, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    return { tag: value.readUInt16LE(at), permissions: value.readUInt16LE(at + 2), id: value.readUInt32LE(at + 4) };
  });
}

const KINDS: ReadonlyMap<number, string> = new Map([
  [TAG.owner, 'user'],
  [TAG.user, 'user'],
  [TAG.owningGroup, 'group'],
  [TAG.group, 'group'],
  [TAG.mask, 'mask'],
  [TAG.other, 'other'],
]);

/**
 * Formats a list as text with numeric users and groups.
 *
 * @returns undefined when the attribute's value is malformed.
 * @example
 * aclText(value); // 'user::rw-,user:1001:r--,group::r--,mask::r--,other::---'
 */
export function aclText(value: Buffer): string | undefined {
  const entries = parsedAclValue(value);
  if (entries === undefined || entries.some(({ tag }) => !KINDS.has(tag))) return undefined;
  return entries
    .map(({ tag, permissions, id }) => {
      const bits = ['r', 'w', 'x'].map((letter, index) => ((permissions & (4 >> index)) === 0 ? '-' : letter)).join('');
      return `${KINDS.get(tag)}:${tag === TAG.user || tag === TAG.group ? id : ''}:${bits}`;
    })
    .join(',');
}

/**
 * Parses a list from text into the value of an extended attribute. Other tools write user and group names, some with the number in a fourth
 * field.
 *
 * @returns undefined when the text is malformed, or has a name without a number.
 */
export function aclValue(text: string): Buffer | undefined {
  const lines = text
    .split(/[,\n]/)
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => line !== '');
  const entries: AclEntry[] = [];
  for (const line of lines) {
    const entry = parsedAclEntry(line);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  // The kernel requires this order.
  entries.sort((a, b) => a.tag - b.tag || a.id - b.id);
  const value = Buffer.alloc(HEADER_BYTES + ENTRY_BYTES * entries.length);
  value.writeUInt32LE(VERSION, 0);
  for (const [index, { tag, permissions, id }] of entries.entries()) {
    const at = HEADER_BYTES + ENTRY_BYTES * index;
    value.writeUInt16LE(tag, at);
    value.writeUInt16LE(permissions, at + 2);
    value.writeUInt32LE(id, at + 4);
  }
  return value;
}

const TAGS: Readonly<Record<string, readonly [ofNone: number, ofId: number | undefined]>> = {
  u: [TAG.owner, TAG.user],
  g: [TAG.owningGroup, TAG.group],
  m: [TAG.mask, undefined],
  o: [TAG.other, undefined],
};

const permissionsOf = (bits: string): number => (bits.includes('r') ? 4 : 0) + (bits.includes('w') ? 2 : 0) + (bits.includes('x') ? 1 : 0);

/** @param number the id beside a name, if there is one. */
const idOf = (name: string, number: string | undefined): number => Number(number ?? (/^[0-9]+$/.test(name) ? name : Number.NaN));

function parsedAclEntry(line: string): AclEntry | undefined {
  const parts = /^(user|u|group|g|mask|m|other|o):([^:]*):([rwx-]{1,3})(?::([0-9]+))?$/.exec(line);
  if (parts === null) return undefined;
  const [, kind = '', name = '', bits = '', number] = parts;
  const [ofNone, ofId] = TAGS[kind[0] ?? ''] ?? [];
  const permissions = permissionsOf(bits);
  if (name === '') return ofNone === undefined ? undefined : { tag: ofNone, permissions, id: NO_ID };
  const id = idOf(name, number);
  return ofId === undefined || !(id < NO_ID) ? undefined : { tag: ofId, permissions, id };
}

/**
 * The mode to use when a list cannot be set. It grants no user more access than the list does: the group bits of `mode` are the list's
 * mask, and users that the list names would otherwise get the group's or the others' permissions.
 */
export function modeWithoutAcl(mode: number, acl: Buffer): number {
  const entries = parsedAclValue(acl);
  // Without a parsable list only the owner's permissions are known.
  if (entries === undefined) return mode & ~0o077;
  const mask = entries.find(({ tag }) => tag === TAG.mask)?.permissions ?? 7;
  const commonBits = (tags: readonly number[]) =>
    entries.filter(({ tag }) => tags.includes(tag)).reduce((bits, { permissions }) => bits & permissions & mask, 7);
  const group = commonBits([TAG.owningGroup, TAG.user]);
  const other = commonBits([TAG.user, TAG.group]);
  return mode & ~(0o077 & ~((group << 3) | other));
}
