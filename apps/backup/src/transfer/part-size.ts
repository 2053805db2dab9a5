/** Smallest part: of smaller ones, requests would cost more than bytes. */
const SMALLEST_BYTES = 8 * 1024 * 1024;

/** Parts that an upload is planned for: S3 allows 10,000, and the archive may come out larger than its source. */
const PLANNED_PARTS = 9_000;

/**
 * Size of all parts of an upload but the last: equal, since some stores demand it.
 *
 * @param sourceBytes bytes of the files that are to be archived.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const partSizeBytes = (sourceBytes: number): number => Math.max(SMALLEST_BYTES, Math.ceil((1.1 * sourceBytes) / PLANNED_PARTS));

/** What all parts in memory may take: those that are sent, and the one that is being filled. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/** More at once do not make an upload faster. */
const MOST_AT_ONCE = 3;

/** Parts that are sent at once, while one more is being filled: fewer, the larger they are. */
export const partsAtOnce = (partBytes: number): number => Math.min(MOST_AT_ONCE, Math.max(1, Math.floor(MEMORY_BYTES / partBytes) - 1));
