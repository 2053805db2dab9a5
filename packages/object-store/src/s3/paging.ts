/** Where a listing of multipart uploads goes on. */
export interface UploadMarker {
  readonly KeyMarker?: string | undefined;
  readonly UploadIdMarker?: string | undefined;
}

/** Whether a page leads on: a broken server can send listings in circles. */
export const isAdvance = (from: UploadMarker, to: UploadMarker): boolean =>
  to.KeyMarker !== undefined && (to.KeyMarker !== from.KeyMarker || to.UploadIdMarker !== from.UploadIdMarker);

/** Bytes that a Content-Range such as `bytes 5-9/10` announces. */
export function rangeBytes(range: string | undefined): number | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(range ?? '') ?? [];
  return first === undefined || last === undefined ? undefined : Number(last) - Number(first) + 1;
}
