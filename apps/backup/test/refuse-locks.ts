/**
 * Makes the kernel refuse flock(2) in this process, as file systems without a working lock service do. Imported into the tool with
 * {@link refusingLocks}. ENOLCK cannot be provoked otherwise without such a file system: the kernel handles locks of directories itself.
 *
 * @see https://man7.org/linux/man-pages/man2/seccomp.2.html
 */
import { dlopen, getRawPointer } from 'node:ffi';
import { fileURLToPath } from 'node:url';

/** The variable with the number of the error. */
const ERRNO_VARIABLE = 'TEST_FLOCK_ERRNO';

const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_SECCOMP = 22;
const SECCOMP_MODE_FILTER = 2n;

/** Instructions of a filter: load a word, jump if equal, return. */
const [LOAD, JUMP_IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
const RETURN_ERRNO = 0x00050000;
const RETURN_ALLOW = 0x7fff0000;
const FLOCK = process.arch === 'arm64' ? 32 : 73;
const INSTRUCTION_BYTES = 8;

/** Variables that make locks fail in a process of Node. */
export const refusingLocks = (errno: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${fileURLToPath(import.meta.url)}`,
  [ERRNO_VARIABLE]: String(errno),
});

function refuseLocks(errno: number): void {
  const { functions: libc } = dlopen(null, {
    prctl: { return: 'int32', arguments: ['int32', 'uint64', 'uint64', 'uint64', 'uint64'] },
  });
  const instructions = [
    { code: LOAD, skipIfNot: 0, value: 0 },
    { code: JUMP_IF_EQUAL, skipIfNot: 1, value: FLOCK },
    { code: RETURN, skipIfNot: 0, value: RETURN_ERRNO + errno },
    { code: RETURN, skipIfNot: 0, value: RETURN_ALLOW },
  ];
  const filter = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  for (const [index, { code, skipIfNot, value }] of instructions.entries()) {
    filter.writeUInt16LE(code, index * INSTRUCTION_BYTES);
    filter.writeUInt8(skipIfNot, index * INSTRUCTION_BYTES + 3);
    filter.writeUInt32LE(value, index * INSTRUCTION_BYTES + 4);
  }
  const program = Buffer.alloc(16);
  program.writeUInt16LE(instructions.length, 0);
  program.writeBigUInt64LE(getRawPointer(filter), 8);
  const isSet =
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n) === 0 &&
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, getRawPointer(program), 0n, 0n) === 0;
  if (!isSet) throw new Error('the filter could not be installed');
}

const errno = Number(process.env[ERRNO_VARIABLE] ?? 0);
if (errno !== 0) refuseLocks(errno);
