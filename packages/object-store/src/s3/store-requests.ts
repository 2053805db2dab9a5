import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Module } from './connection.ts';
import { storeFailure, type Attempted } from '../errors/failure.ts';
import { withRetries, type RetryPolicy } from '../errors/retry.ts';
import { StoreError } from '../errors/store-error.ts';
import type { StoreLocation } from './store-location.ts';

/** Sends requests to one bucket: repeated as the policy says, each failure a StoreError that says what was being done. */
export class StoreRequests {
  readonly location: StoreLocation;
  readonly retry: RetryPolicy;
  readonly client: S3Client;
  readonly s3: S3Module;

  constructor(given: { readonly location: StoreLocation; readonly retry: RetryPolicy; readonly client: S3Client; readonly s3: S3Module }) {
    this.location = given.location;
    this.retry = given.retry;
    this.client = given.client;
    this.s3 = given.s3;
  }

  /** Sends a request, again when that may help. */
  send<T>(
    attempted: Attempted,
    request: (options: { abortSignal?: AbortSignal }) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return withRetries(() => this.once(attempted, () => request(abortable(signal))), this.retry, signal);
  }

  /** Does `work` once. @throws StoreError for whatever it throws. */
  async once<T>(attempted: Attempted, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, this.location, attempted);
    }
  }

  /** Error of a listing that says that it goes on, and not where. */
  endless(doing: string): StoreError {
    return new StoreError('rejected', `${doing}: ${this.location.endpoint} does not say how its listing goes on`);
  }

  /** Error of an answer that lacks what every S3 server sends. */
  incomplete(doing: string, lacking: string): StoreError {
    return new StoreError('not-s3', `${doing}: ${this.location.endpoint} answered without ${lacking}`);
  }
}

/** Whether the store answered that there is no such object or upload. */
export const isMissing = (error: unknown): boolean =>
  error instanceof StoreError && (error.kind === 'no-such-key' || error.kind === 'no-such-upload');

/** A signal in the form that the client takes. */
export const abortable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

/** Checksum of a body, for the header Content-MD5. */
export const md5 = (body: Buffer): string => createHash('md5').update(body).digest('base64');
