import type { TreeSize } from '../archive/walk/measure-tree.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Smallest part; the overhead per request dominates below this size. */
const SMALLEST_BYTES = 8 * MIB;

/**
 * Maximum number of parts of an upload.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const MOST_PARTS = 10_000;

/** Planned maximum number of parts; the archive may become larger than expected. */
const PLANNED_PARTS = 9_000;

/** Memory for several concurrent parts, including the one being filled. */
const SEVERAL_BYTES = 48 * MIB;

/** Largest part: together with the rest of the process, about 140 MiB, it stays within 200 MiB. 10,000 parts of this size are 629 GB. */
const LARGEST_BYTES = 60 * MIB;

/** Maximum number of concurrent parts; more do not make an upload faster. */
const MOST_AT_ONCE = 3;

/** Largest archive that can be uploaded. */
export const LARGEST_UPLOAD_BYTES = MOST_PARTS * LARGEST_BYTES;

/** Estimated size of an entry's headers: two blocks of 512 bytes, and PAX records. */
const HEADER_BYTES = 2048;

/** Minimum compression ratio of holes, which are archived as zeros. */
const ZEROS_RATIO = 900;

/** Upper bound of the archive's size unless files grow: content may be incompressible, holes are not. */
export const expectedArchiveBytes = ({ files, bytes, allocatedBytes }: TreeSize): number =>
  allocatedBytes + files * HEADER_BYTES + Math.ceil((bytes - allocatedBytes) / ZEROS_RATIO);

/**
 * Size of all parts of an upload except the last. Parts have equal size because some stores require it, and fit into memory regardless of
 * the size of the archive.
 */
export const partSizeBytes = (expectedBytes: number): number =>
  Math.min(LARGEST_BYTES, Math.max(SMALLEST_BYTES, Math.ceil((1.1 * expectedBytes) / PLANNED_PARTS)));

/** Number of parts sent while another is being filled; decreases with their size. With 0, a part is sent before the next one is filled. */
export const partsAtOnce = (partBytes: number): number => Math.max(0, Math.min(MOST_AT_ONCE, Math.floor(SEVERAL_BYTES / partBytes) - 1));

/** Warning for an archive that can be uploaded only if it compresses well. */
export const tooLargeWarning = (expectedBytes: number): string =>
  `the files have ${Math.ceil(expectedBytes / GIB)} GiB, and an archive is limited to ${Math.floor(LARGEST_UPLOAD_BYTES / GIB)} GiB: the backup will fail unless they compress well`;

/** Error for an archive that became too large. */
export const tooLargeMessage = (partBytes: number): string =>
  `the archive exceeds ${MOST_PARTS} parts of ${Math.ceil(partBytes / MIB)} MiB, the maximum of an upload: exclude files, or use zstd, which compresses better`;
