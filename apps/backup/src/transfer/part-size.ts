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
