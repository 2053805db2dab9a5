import type { Readable } from 'node:stream';
import type { ConnectionLimits } from './connection.ts';
import type { ProxyVariables } from './proxies.ts';
import type { RetryPolicy } from '../errors/retry.ts';
import type { SidecarCache } from '../backups/sidecar-summary.ts';

/** An object as a listing or HEAD tells of it. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** Without its quotes, weak ones with `W/` before them; not every store gives one. */
  readonly etag: string | undefined;
}

/** A multipart upload that has been begun and neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

/** A part that has been uploaded. */
export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** An object that is being read. */
export interface OpenObject {
  readonly body: Readable;
  /** Undefined where the answer does not tell, as through proxies that send chunks. */
  readonly remainingBytes: number | undefined;
  readonly etag: string | undefined;
}

/** Bounds of a listing. */
export interface ListingBounds {
  /** Keys that one request asks for; default 1,000, the most that S3 answers. */
  readonly pageSize: number;
  /** Characters of keys and ETags in all pages together, beyond which the listing fails. Unlimited by default. */
  readonly mostCharacters: number;
}

/** How to reach a store. */
export interface StoreOptions {
  readonly limits?: Partial<ConnectionLimits>;
  readonly retry?: Partial<RetryPolicy>;
  readonly listing?: Partial<ListingBounds>;
  /** Sidecars that were read before; one cache can be shared by all stores of a process. */
  readonly sidecars?: SidecarCache;
  /** The environment variables that name proxies; without them the store is reached directly. */
  readonly proxies?: ProxyVariables;
}
