import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Module } from './connection.ts';
import { storeFailure, type Attempted } from '../errors/failure.ts';
import { withRetries, type RetryPolicy } from '../errors/retry.ts';
import { StoreError } from '../errors/store-error.ts';
import type { StoreLocation } from '../store-location.ts';

/** Sends requests to one bucket, retries them as the policy allows, and throws a StoreError that names the failed operation. */
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

  /** Sends a request and retries transient failures. */
  send<T>(
    attempted: Attempted,
    request: (options: { abortSignal?: AbortSignal }) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return withRetries(() => this.once(attempted, () => request(abortable(signal))), this.retry, signal);
  }

  /** Runs `work` once. @throws StoreError for every error of it. */
  async once<T>(attempted: Attempted, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeFailure(error, this.location, attempted);
    }
  }

  /** Error for a truncated listing without a continuation. */
  endless(doing: string): StoreError {
    return new StoreError('rejected', `${doing}: ${this.location.endpoint} returned a truncated listing without a way to continue it`);
  }

  /** Error for a response without a required field. */
  incomplete(doing: string, lacking: string): StoreError {
    return new StoreError('not-s3', `${doing}: the response of ${this.location.endpoint} lacks ${lacking}`);
  }
}

/** Whether the store reported that the object or upload does not exist. */
export const isMissing = (error: unknown): boolean =>
  error instanceof StoreError && (error.kind === 'no-such-key' || error.kind === 'no-such-upload');

/** Options of the S3 client with a signal. */
export const abortable = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
  signal === undefined ? {} : { abortSignal: signal };

/** Value of the header Content-MD5 for a body. */
export const md5 = (body: Buffer): string => createHash('md5').update(body).digest('base64');
