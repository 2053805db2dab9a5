import { isUtf8 } from 'node:buffer';
import { attributeRecords } from './attribute-records.ts';
import type { ArchiveEntry } from './entry.ts';
import { BLOCK_BYTES, encodedHeader, LARGEST, NAME_BYTES } from './header.ts';
import { encodedPax, paxTime } from './pax.ts';

/** Type flags of the entries that are written. */
const TYPE_FLAGS: Partial<Record<ArchiveEntry['type'], string>> = { file: '0', hardlink: '1', symlink: '2', directory: '5', fifo: '6' };

const PAX_TYPE_FLAG = 'x';
/** File name that tools without PAX support unpack PAX headers to. */
const PAX_NAME = Buffer.from('PaxHeaders/entry');

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

const NS_PER_SECOND = 1_000_000_000n;

/** The header blocks of an entry: one ustar header, preceded by a PAX header if some values do not fit. */
export function entryHeader(entry: ArchiveEntry): Buffer {
  const name = archiveName(entry);
  const linkName = entry.linkTarget === undefined ? Buffer.alloc(0) : linkNameOf(entry, entry.linkTarget);
  const seconds = entry.mtimeNs >= 0n ? entry.mtimeNs / NS_PER_SECOND : -1n;
  const header = encodedHeader({
    name,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    sizeBytes: entry.sizeBytes,
    mtimeSeconds: Number(seconds),
    typeFlag: TYPE_FLAGS[entry.type] ?? '0',
    linkName,
  });
  const records = paxRecords(entry, name, linkName);
  if (records.length === 0) return header;
  const content = encodedPax(records);
  const padding = ZERO_BLOCK.subarray(0, (BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES);
  const paxHeader = encodedHeader({
    name: PAX_NAME,
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: content.length,
    mtimeSeconds: 0,
    typeFlag: PAX_TYPE_FLAG,
    linkName: Buffer.alloc(0),
  });
  return Buffer.concat([paxHeader, content, padding, header]);
}

/** Name of an entry as `tar -C root .` writes it: `./`, `./a`, `./directory/`. */
function archiveName({ path, type }: ArchiveEntry): Buffer {
  const slash = type === 'directory' && path.length > 0 ? '/' : '';
  return Buffer.concat([Buffer.from('./'), path, Buffer.from(slash)]);
}

/** Hard links name another entry of the archive; symlink targets are stored as is. */
const linkNameOf = ({ type }: ArchiveEntry, target: Buffer): Buffer =>
  type === 'hardlink' ? Buffer.concat([Buffer.from('./'), target]) : target;

function paxRecords(entry: ArchiveEntry, name: Buffer, linkName: Buffer): readonly (readonly [string, Buffer | string])[] {
  const { uid, gid, sizeBytes, mtimeNs } = entry;
  const names: (readonly [string, Buffer])[] = [];
  if (name.length > NAME_BYTES) names.push(['path', name]);
  if (linkName.length > NAME_BYTES) names.push(['linkpath', linkName]);
  const isWholeTime = mtimeNs % NS_PER_SECOND === 0n && mtimeNs >= 0n && mtimeNs / NS_PER_SECOND <= BigInt(LARGEST.mtimeSeconds);
  return [
    // Without this, values of PAX records must be UTF-8.
    ...(names.every(([, value]) => isUtf8(value)) ? [] : [['hdrcharset', 'BINARY'] as const]),
    ...names,
    ...(uid > LARGEST.id ? [['uid', String(uid)] as const] : []),
    ...(gid > LARGEST.id ? [['gid', String(gid)] as const] : []),
    ...(sizeBytes > LARGEST.sizeBytes ? [['size', String(sizeBytes)] as const] : []),
    ...(isWholeTime ? [] : [['mtime', paxTime(mtimeNs)] as const]),
    ...attributeRecords(entry.xattrs),
  ];
}
