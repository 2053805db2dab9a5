import type { Readable } from 'node:stream';
import type { ConnectionLimits } from './connection.ts';
import type { ProxyVariables } from './proxies.ts';
import type { RetryPolicy } from '../errors/retry.ts';
import type { SidecarCache } from '../sidecar-summary.ts';

/** An object as reported by a listing or HEAD. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** Without quotes; weak ones keep their `W/` prefix. Not every store returns one. */
  readonly etag: string | undefined;
}

/** A multipart upload that was neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated?: Date;
}

/** An uploaded part. */
export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** A download in progress. */
export interface OpenObject {
  readonly body: Readable;
  /** Undefined when the response does not state a length, for example through proxies that use chunked encoding. */
  readonly remainingBytes: number | undefined;
  readonly etag: string | undefined;
}

/** Limits of a listing. */
export interface ListingBounds {
  /** Keys per request; 1,000 by default, the maximum of S3. */
  readonly pageSize: number;
  /** Total characters of keys and ETags in all pages above which the listing fails. Unlimited by default. */
  readonly mostCharacters: number;
}

/** How to reach a store. */
export interface StoreOptions {
  readonly limits?: Partial<ConnectionLimits>;
  readonly retry?: Partial<RetryPolicy>;
  readonly listing?: Partial<ListingBounds>;
  /** Cached sidecars; all stores of a process can share one cache. */
  readonly sidecars?: SidecarCache;
  /** Proxy variables; without them the store is reached directly. */
  readonly proxies?: ProxyVariables;
}
