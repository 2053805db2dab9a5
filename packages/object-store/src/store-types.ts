import type { Readable } from 'node:stream';
import type { ConnectionLimits } from './connection.ts';
import type { ProxyVariables } from './proxies.ts';
import type { RetryPolicy } from './retry.ts';
import type { SidecarCache } from './sidecar-summary.ts';

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

/** How to reach a store. */
export interface StoreOptions {
  readonly limits?: Partial<ConnectionLimits>;
  readonly retry?: Partial<RetryPolicy>;
  /** Sidecars that were read before; one cache can be shared by all stores of a process. */
  readonly sidecars?: SidecarCache;
  /** The environment variables that name proxies; without them the store is reached directly. */
  readonly proxies?: ProxyVariables;
}
