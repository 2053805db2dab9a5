import type { MeasuredTree } from '../archive/walk/measured-tree.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Smallest part: of smaller ones, requests would cost more than bytes. */
const SMALLEST_BYTES = 8 * MIB;

/**
 * Parts that an upload may have.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const MOST_PARTS = 10_000;

/** Parts that an upload is planned for: the archive may come out larger than expected. */
const PLANNED_PARTS = 9_000;

/** What several parts in memory may take: those that are sent, and the one that is being filled. */
const SEVERAL_BYTES = 48 * MIB;

/** Largest part: with what the process takes otherwise, some 140 MiB, it fits into 200. Ten thousand of these are 629 GB. */
const LARGEST_BYTES = 60 * MIB;

/** More at once do not make an upload faster. */
const MOST_AT_ONCE = 3;

/** Largest archive that can be uploaded. */
export const LARGEST_UPLOAD_BYTES = MOST_PARTS * LARGEST_BYTES;

/** Headers of an entry: two blocks of 512 bytes, and records for what does not fit into them. */
const HEADER_BYTES = 2048;

/** Holes are archived as zeros, which compress at least this many times. */
const ZEROS_RATIO = 900;

/** Largest size that an archive can have, unless files grow: its content may not compress at all, its holes do. */
export const expectedArchiveBytes = ({ files, bytes, allocatedBytes }: MeasuredTree): number =>
  allocatedBytes + files * HEADER_BYTES + Math.ceil((bytes - allocatedBytes) / ZEROS_RATIO);

/**
 * Size of all parts of an upload but the last: equal, since some stores demand it, and small enough for the memory however
 * large the archive is.
 */
export const partSizeBytes = (expectedBytes: number): number =>
  Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, Math.ceil((1.1 * expectedBytes) / PLANNED_PARTS)));

/** Parts that are sent while one more is being filled: fewer, the larger they are. With 0, a part is sent before the next is filled. */
export const partsAtOnce = (partBytes: number): number => Math.max(0, Math.min(MOST_AT_ONCE, Math.floor(SEVERAL_BYTES / partBytes) - 1));

/** For an archive that can be uploaded only if it compresses well. */
export const tooLargeWarning = (expectedBytes: number): string =>
  `the files hold ${Math.ceil(expectedBytes / GIB)} GiB, and an archive can have ${Math.floor(LARGEST_UPLOAD_BYTES / GIB)} GiB at most: the backup will fail unless they compress well`;

/** For an archive that has come out too large. */
export const tooLargeMessage = (partBytes: number): string =>
  `the archive is larger than ${MOST_PARTS} parts of ${Math.ceil(partBytes / MIB)} MiB, the most that an upload can have: exclude files, or use zstd, whose archives are smaller`;
