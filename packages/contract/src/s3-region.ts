/**
 * Valid names of regions. Stores other than AWS accept most names, but the S3 client only labels of host names.
 *
 * @example
 * S3_REGION.test('eu-central-1'); // true
 */
export const S3_REGION = /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/;
