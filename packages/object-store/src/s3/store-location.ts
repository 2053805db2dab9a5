/** Where a bucket is, and as whom to reach it. */
export interface StoreLocation {
  /** URL of the server; without a scheme, http is meant. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Folder in the bucket under which backups lie; slashes at its ends do not matter. */
  readonly prefix?: string;
  readonly region: string;
  /** Whether the bucket stands in the path rather than the host name. */
  readonly pathStyle: boolean;
  /** Whether requests are signed with signature version 2 rather than 4. */
  readonly signatureV2: boolean;
  /** PEM certificates of the authorities to trust instead of the public ones. */
  readonly ca?: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}
