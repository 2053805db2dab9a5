/**
 * A FUSE file system that mirrors a directory and fails like network file systems and broken disks:
 * `node server.ts MOUNTPOINT DIRECTORY FAULTS`. Prints a line once it is mounted, and exits when it is unmounted.
 *
 * @see https://www.kernel.org/doc/html/latest/filesystems/fuse/index.html and linux/fuse.h
 */
import {
  closeSync,
  constants,
  ftruncateSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { dlopen } from 'node:ffi';
import { errnoOf, type Fault } from './faults.ts';

const [mountpoint = '', directory = '', faultsJson = '[]'] = process.argv.slice(2);
const faults = JSON.parse(faultsJson) as readonly Fault[];

const IN_HEADER_BYTES = 40;
const OUT_HEADER_BYTES = 16;
const ROOT = 1n;
const LARGEST_WRITE_BYTES = 128 * 1024;
/** Bypasses the page cache, so that each fault takes effect. */
const DIRECT_IO = 1;
const ENOSYS = 38;
const EIO = 5;

/** Context of a request. */
interface Request {
  readonly path: string;
  readonly body: Buffer;
}

/** Relative paths by node id. */
const paths = new Map<bigint, string>([[ROOT, '']]);
const nodes = new Map<string, bigint>([['', ROOT]]);
let lastNode = ROOT;

const real = (path: string): string => `${directory}/${path}`;
const folded = faults.some(({ op }) => op === 'fold') ? (name: string) => name.toLowerCase() : (name: string) => name;
const below = (path: string, name: string): string => (path === '' ? folded(name) : `${path}/${folded(name)}`);

function nodeOf(path: string): bigint {
  const known = nodes.get(path);
  if (known !== undefined) return known;
  lastNode++;
  nodes.set(path, lastNode);
  paths.set(lastNode, path);
  return lastNode;
}

const forget = (path: string) => nodes.delete(path);

function move(from: string, to: string): void {
  forget(to);
  for (const [path, node] of nodes) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    const moved = to + path.slice(from.length);
    nodes.delete(path);
    nodes.set(moved, node);
    paths.set(node, moved);
  }
}

function attributes(path: string): Buffer {
  const stats: BigIntStats = lstatSync(real(path), { bigint: true });
  const bytes = Buffer.alloc(88);
  const times = [stats.atimeNs, stats.mtimeNs, stats.ctimeNs];
  const longs = [nodeOf(path), stats.size, stats.blocks, ...times.map((ns) => ns / 1_000_000_000n)];
  for (const [index, value] of longs.entries()) bytes.writeBigInt64LE(value, 8 * index);
  const { mode, nlink, uid, gid } = stats;
  const ints = [...times.map((ns) => ns % 1_000_000_000n), mode, nlink, uid, gid, 0n, 4096n, 0n];
  for (const [index, value] of ints.entries()) bytes.writeUInt32LE(Number(value), 48 + 4 * index);
  return bytes;
}

function entry(path: string): Buffer {
  const bytes = Buffer.alloc(40);
  const found = attributes(path);
  bytes.writeBigUInt64LE(nodeOf(path), 0);
  return Buffer.concat([bytes, found]);
}

const attributesReply = (path: string): Buffer => Buffer.concat([Buffer.alloc(16), attributes(path)]);

function opened(fd: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(fd), 0);
  bytes.writeUInt32LE(DIRECT_IO, 8);
  return bytes;
}

/** Zero-terminated names in the body, from an offset on. */
const namesFrom = (body: Buffer, at: number): readonly string[] => body.toString('utf8', at).split('\0');

/** Fails a request that matches a fault. */
function meet(op: Fault['op'], path: string, at = 0): void {
  for (const fault of faults) {
    const isHere = fault.name === undefined || path === fault.name || path.endsWith(`/${fault.name}`);
    if (fault.op === op && isHere && at >= (fault.from ?? 0)) throw Object.assign(new Error(op), { errno: -fault.errno });
  }
}

const SIZE_CHANGES = 1 << 3;
const MODE_CHANGES = 1 << 0;
const OWNER_CHANGES = (1 << 1) | (1 << 2);
const TIME_CHANGES = (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8);

function change({ path, body }: Request): Buffer {
  const valid = body.readUInt32LE(0);
  if ((valid & MODE_CHANGES) !== 0) meet('chmod', path);
  if ((valid & TIME_CHANGES) !== 0) meet('utimes', path);
  if ((valid & OWNER_CHANGES) !== 0) {
    meet('chown', path);
    lchownSync(real(path), (valid & 2) === 0 ? -1 : body.readUInt32LE(76), (valid & 4) === 0 ? -1 : body.readUInt32LE(80));
  }
  if ((valid & SIZE_CHANGES) !== 0) truncateSync(real(path), Number(body.readBigUInt64LE(16)));
  return attributesReply(path);
}

function directoryEntries({ path, body }: Request): Buffer {
  meet('readdir', path);
  const from = Number(body.readBigUInt64LE(8));
  const room = body.readUInt32LE(16);
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const [index, name] of ['.', '..', ...readdirSync(real(path))].entries()) {
    if (index < from) continue;
    const encoded = Buffer.from(name);
    const part = Buffer.alloc(Math.ceil((24 + encoded.length) / 8) * 8);
    part.writeBigUInt64LE(BigInt(index + 1), 0);
    part.writeBigUInt64LE(BigInt(index + 1), 8);
    part.writeUInt32LE(encoded.length, 16);
    encoded.copy(part, 24);
    bytes += part.length;
    if (bytes > room) break;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function renamed({ path, body }: Request, namesAt: number): Buffer {
  const [from = '', to = ''] = namesFrom(body, namesAt);
  const target = below(paths.get(body.readBigUInt64LE(0)) ?? '', to);
  renameSync(real(below(path, from)), real(target));
  move(below(path, from), target);
  return Buffer.alloc(0);
}

function read({ path, body }: Request): Buffer {
  const [fd, offset, size] = [Number(body.readBigUInt64LE(0)), Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)];
  meet('read', path, offset + size - 1);
  const bytes = Buffer.alloc(size);
  return bytes.subarray(0, readSync(fd, bytes, 0, size, offset));
}

function written({ body }: Request): Buffer {
  const [fd, offset, size] = [Number(body.readBigUInt64LE(0)), Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)];
  const reply = Buffer.alloc(8);
  reply.writeUInt32LE(writeSync(fd, body, 40, size, offset), 0);
  return reply;
}

function initialized(): Buffer {
  const reply = Buffer.alloc(64);
  for (const [index, value] of [7, 31, 128 * 1024, 0].entries()) reply.writeUInt32LE(value, 4 * index);
  reply.writeUInt32LE(LARGEST_WRITE_BYTES, 20);
  reply.writeUInt32LE(1, 24);
  return reply;
}

function statistics(): Buffer {
  const reply = Buffer.alloc(80);
  for (let index = 0; index < 5; index++) reply.writeBigUInt64LE(1_000_000n, 8 * index);
  for (const [index, value] of [4096, 255, 4096].entries()) reply.writeUInt32LE(value, 40 + 4 * index);
  return reply;
}

const NONE = Buffer.alloc(0);

/** Handlers by kind of request. Others, such as hard links and FIFOs, fail with ENOSYS. */
const HANDLERS: Readonly<Record<number, (request: Request) => Buffer | undefined>> = {
  1: ({ path, body }) => {
    const found = below(path, namesFrom(body, 0)[0] ?? '');
    meet('lookup', found);
    return entry(found);
  },
  // FORGET and BATCH_FORGET have no response.
  2: () => undefined,
  42: () => undefined,
  36: () => undefined,
  3: ({ path }) => attributesReply(path),
  4: change,
  5: ({ path }) => readlinkSync(real(path), { encoding: 'buffer' }),
  6: ({ path, body }) => {
    const [name = '', target = ''] = namesFrom(body, 0);
    meet('symlink', below(path, name));
    symlinkSync(target, real(below(path, name)));
    return entry(below(path, name));
  },
  9: ({ path, body }) => {
    const made = below(path, namesFrom(body, 8)[0] ?? '');
    meet('make', made);
    mkdirSync(real(made));
    return entry(made);
  },
  10: ({ path, body }) => {
    const gone = below(path, namesFrom(body, 0)[0] ?? '');
    unlinkSync(real(gone));
    forget(gone);
    return NONE;
  },
  11: ({ path, body }) => {
    const gone = below(path, namesFrom(body, 0)[0] ?? '');
    rmdirSync(real(gone));
    forget(gone);
    return NONE;
  },
  12: (request) => renamed(request, 8),
  45: (request) => renamed(request, 16),
  14: ({ path, body }) => {
    meet('open', path);
    return opened(openSync(real(path), body.readUInt32LE(0) & (constants.O_RDWR | constants.O_WRONLY)));
  },
  15: read,
  16: written,
  17: statistics,
  18: ({ body }) => {
    closeSync(Number(body.readBigUInt64LE(0)));
    return NONE;
  },
  20: () => NONE,
  25: () => NONE,
  26: initialized,
  27: () => Buffer.alloc(16),
  28: directoryEntries,
  29: () => NONE,
  30: () => NONE,
  35: ({ path, body }) => {
    const made = below(path, namesFrom(body, 16)[0] ?? '');
    meet('make', made);
    const fd = openSync(real(made), constants.O_RDWR | constants.O_CREAT, 0o600);
    ftruncateSync(fd, 0);
    return Buffer.concat([entry(made), opened(fd)]);
  },
};

function answer(request: Buffer): Buffer | undefined {
  const path = paths.get(request.readBigUInt64LE(16)) ?? '';
  const handler = HANDLERS[request.readUInt32LE(4)];
  let [body, error] = [NONE as Buffer | undefined, handler === undefined ? -ENOSYS : 0];
  try {
    if (handler !== undefined) body = handler({ path, body: request.subarray(IN_HEADER_BYTES) });
  } catch (cause) {
    error = errnoOf(cause) ?? -EIO;
  }
  if (body === undefined) return undefined;
  const header = Buffer.alloc(OUT_HEADER_BYTES);
  header.writeUInt32LE(OUT_HEADER_BYTES + body.length, 0);
  header.writeInt32LE(error, 4);
  request.copy(header, 8, 8, 16);
  return Buffer.concat([header, body]);
}

const { functions: libc } = dlopen(null, {
  mount: { return: 'int32', arguments: ['buffer', 'buffer', 'buffer', 'uint64', 'buffer'] },
});
const device = openSync('/dev/fuse', 'r+');
const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const options = `fd=${device},rootmode=40000,user_id=0,group_id=0,allow_other`;
if (libc.mount(text('eevee'), text(mountpoint), text('fuse'), 0n, text(options)) !== 0) throw new Error('mount failed');
process.stdout.write('mounted\n');

const request = Buffer.alloc(LARGEST_WRITE_BYTES + 64 * 1024);
for (;;) {
  let bytes: number;
  try {
    bytes = readSync(device, request);
  } catch (error) {
    // ENODEV: unmounted.
    if (errnoOf(error) === -19) break;
    throw error;
  }
  const reply = answer(request.subarray(0, bytes));
  if (reply !== undefined) writeSync(device, reply);
}
