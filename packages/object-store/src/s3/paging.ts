/** Position at which a listing of multipart uploads continues. */
export interface UploadMarker {
  readonly KeyMarker?: string | undefined;
  readonly UploadIdMarker?: string | undefined;
}

/** Whether a page advances; a broken server can return the same page forever. */
export const isAdvance = (from: UploadMarker, to: UploadMarker): boolean =>
  to.KeyMarker !== undefined && (to.KeyMarker !== from.KeyMarker || to.UploadIdMarker !== from.UploadIdMarker);

/** Length in bytes of a Content-Range such as `bytes 5-9/10`. */
export function rangeBytes(range: string | undefined): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(range ?? '') ?? [];
  return first === undefined || last === undefined ? undefined : Number(last) - Number(first) + 1;
}
