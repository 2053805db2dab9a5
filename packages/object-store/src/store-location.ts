/** Address of a bucket and the credentials for it. */
export interface StoreLocation {
  /** URL of the server; http when it has no scheme. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Folder in the bucket that contains the backups; leading and trailing slashes are ignored. */
  readonly prefix?: string;
  readonly region: string;
  /** Whether the bucket is in the URL path rather than in the host name. */
  readonly pathStyle: boolean;
  /** Whether requests are signed with signature version 2 rather than 4. */
  readonly signatureV2: boolean;
  /** PEM certificates of the authorities trusted instead of the public ones. */
  readonly ca?: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}
