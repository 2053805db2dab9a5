/** An ETag without its quotes, weak ones with `W/` before it; undefined for an empty one, which Ceph gives with Complete. */
export const unquoted = (etag: string | undefined): string | undefined => etag?.trim().replace(/^(W\/)?"(.*)"$/s, '$1$2') || undefined;

/** Whether an ETag says only that content is equivalent. */
export const isWeak = (etag: string): boolean => etag.startsWith('W/');

/** Whether two ETags can be of the same content: whether they are weak does not matter, since proxies weaken them. */
export const isSameEtag = (a: string | undefined, b: string | undefined): boolean => a?.replace(/^W\//, '') === b?.replace(/^W\//, '');
