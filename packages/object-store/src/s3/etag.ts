/**
 * An ETag without its quotes; weak ones keep their `W/` prefix. Undefined for an empty one, which Ceph returns for CompleteMultipartUpload.
 */
export const unquotedEtag = (etag: string | undefined): string | undefined => etag?.trim().replace(/^(W\/)?"(.*)"$/s, '$1$2') || undefined;

/** Whether an ETag is weak, which means that contents are equivalent rather than identical. */
export const isWeak = (etag: string): boolean => etag.startsWith('W/');

/** Whether two ETags can belong to the same content. Weakness is ignored because proxies weaken ETags. */
export const isSameEtag = (a: string | undefined, b: string | undefined): boolean => a?.replace(/^W\//, '') === b?.replace(/^W\//, '');
