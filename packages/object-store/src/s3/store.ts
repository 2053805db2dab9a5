/**
 * S3 operations. A request goes through the retries of `../errors/retry.ts` and the connection (`connection.ts`: proxies, TLS, signature) to
 * the server; `response-check.ts` checks that the response comes from S3, and `../errors/failure.ts` maps errors.
 */
import type { Readable } from 'node:stream';
import { defined } from '@eeveebot/contract';
import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput, S3Client, _Object as ListedObject } from '@aws-sdk/client-s3';
import { boundedBody } from './bounded-body.ts';
import { connect, DEFAULT_LIMITS, type S3Module } from './connection.ts';
import { isWeak, unquotedEtag } from './etag.ts';
import { decodedKey } from './listed-key.ts';
import { rangeBytes } from './paging.ts';
import { DEFAULT_RETRY, withRetries, type RetryPolicy } from '../errors/retry.ts';
import { SidecarCache } from '../sidecar-summary.ts';
import { StoreError } from '../errors/store-error.ts';
import type { StoreLocation } from '../store-location.ts';
import { StoreClock } from './store-clock.ts';
import { abortable, isMissing, md5, StoreRequests } from './store-requests.ts';
import type { ListingBounds, OpenObject, PendingUpload, StoredObject, StoreOptions, UploadedPart } from './store-types.ts';
import { Uploads } from './uploads.ts';

/** Largest object that is read as text; backup records have a few kilobytes. */
export const LARGEST_TEXT_BYTES = 1024 * 1024;

/**
 * A bucket. Every method retries as its policy allows, then throws a StoreError with the cause, or the signal's reason when aborted.
 *
 * @example
 * const store = await Store.open(location);
 * for await (const { key } of store.list('team/chat/seen/')) console.log(key);
 * store.close();
 */
export class Store {
  readonly location: StoreLocation;
  readonly retry: RetryPolicy;
  /** Cached sidecars. */
  readonly sidecars: SidecarCache;
  readonly clock: StoreClock;
  readonly #listing: ListingBounds;
  readonly #requests: StoreRequests;
  readonly #uploads: Uploads;

  private constructor(
    location: StoreLocation,
    connection: { client: S3Client; s3: S3Module; clock: StoreClock },
    { retry = {}, sidecars = new SidecarCache(), listing = {} }: StoreOptions,
  ) {
    this.location = location;
    this.retry = { ...DEFAULT_RETRY, ...retry };
    this.sidecars = sidecars;
    this.clock = connection.clock;
    this.#listing = { pageSize: 1000, mostCharacters: Number.POSITIVE_INFINITY, ...listing };
    this.#requests = new StoreRequests({ location, retry: this.retry, ...connection });
    this.#uploads = new Uploads(this.#requests);
  }

  /** Creates a client for a store without sending a request. */
  static async open(location: StoreLocation, options: StoreOptions = {}): Promise<Store> {
    const { limits, proxies = {} } = options;
    const clock = new StoreClock();
    const connection = await connect(location, { limits: { ...DEFAULT_LIMITS, ...limits }, proxies, clock });
    return new Store(location, { ...connection, clock }, options);
  }

  /** Closes the connections. */
  close(): void {
    this.#requests.client.destroy();
  }

  /** The objects whose keys start with `prefix`, in key order. */
  async *list(prefix: string, given: { pageSize?: number; signal?: AbortSignal } = {}): AsyncGenerator<StoredObject> {
    const { pageSize = this.#listing.pageSize, signal } = given;
    const doing = `listing ${prefix || 'the bucket'}`;
    let characters = 0;
    let continuation: string | undefined;
    do {
      const page = await this.#page(doing, { Prefix: prefix, MaxKeys: pageSize, ContinuationToken: continuation }, signal);
      for (const listed of page.Contents ?? []) {
        if (listed.Key === undefined) continue;
        const key = page.EncodingType === 'url' ? decodedKey(listed.Key, prefix) : listed.Key;
        characters += key.length + (listed.ETag?.length ?? 0);
        if (characters > this.#listing.mostCharacters) throw this.#tooLong(doing);
        yield storedObject(key, listed);
      }
      continuation = this.#continuationOf(page, continuation, doing);
    } while (continuation !== undefined);
  }

  /** The token of the next page; `undefined` after the last. A truncated listing must not count as complete: the newest backup may be in the rest. */
  #continuationOf(page: ListObjectsV2CommandOutput, current: string | undefined, doing: string): string | undefined {
    if (page.IsTruncated !== true) return undefined;
    const next = page.NextContinuationToken;
    if (next === undefined || next === current) throw this.#requests.endless(doing);
    return next;
  }

  #page(
    doing: string,
    input: Omit<ListObjectsV2CommandInput, 'Bucket' | 'EncodingType'>,
    signal: AbortSignal | undefined,
  ): Promise<ListObjectsV2CommandOutput> {
    // XML cannot represent every character of a key, and parsers normalize line breaks.
    const complete = { ...input, Bucket: this.location.bucket, EncodingType: 'url' } as const;
    return this.#requests.send(
      { doing, right: 's3:ListBucket' },
      (options) => this.#requests.client.send(new this.#requests.s3.ListObjectsV2Command(complete), options),
      signal,
    );
  }

  /** Metadata of an object; undefined only when the store confirms that it does not exist. */
  async head(key: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    try {
      const answer = await this.#requests.send(
        { doing: `checking ${key}`, right: 's3:GetObject' },
        (options) =>
          this.#requests.client.send(new this.#requests.s3.HeadObjectCommand({ Bucket: this.location.bucket, Key: key }), options),
        signal,
      );
      const { ContentLength: sizeBytes, LastModified: lastModified = new Date(0), ETag } = answer;
      if (sizeBytes !== undefined) return { key, sizeBytes, lastModified, etag: unquotedEtag(ETag) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    // Some proxies drop the length from responses without a body; a listing contains it.
    for await (const object of this.list(key, defined({ signal }))) if (object.key === key) return object;
    return undefined;
  }

  /** A small object as text; undefined only when the store confirms that it does not exist. */
  async text(key: string, signal?: AbortSignal): Promise<string | undefined> {
    try {
      return await withRetries(
        () =>
          this.#requests.once({ doing: `reading ${key}`, right: 's3:GetObject' }, async () => {
            const command = new this.#requests.s3.GetObjectCommand({ Bucket: this.location.bucket, Key: key });
            const { Body: body } = await this.#requests.client.send(command, abortable(signal));
            const content = await boundedBody(body, LARGEST_TEXT_BYTES);
            if (content !== undefined) return content.toString('utf8');
            throw new StoreError('rejected', `reading ${key}: it has more than ${LARGEST_TEXT_BYTES} bytes, so it is not a backup record`);
          }),
        this.retry,
        signal,
      );
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Starts reading an object at `offset`. Makes one attempt, because the reader of the body has to handle a lost connection anyway.
   *
   * @param etag fails for any other version of the object (StoreError `changed`).
   * @throws StoreError `rejected` when the response does not start at `offset`.
   */
  async open(
    key: string,
    { offset = 0, etag, signal }: { offset?: number; etag?: string | undefined; signal?: AbortSignal } = {},
  ): Promise<OpenObject> {
    return this.#requests.once({ doing: `reading ${key}`, right: 's3:GetObject' }, async () => {
      const command = new this.#requests.s3.GetObjectCommand({
        Bucket: this.location.bucket,
        Key: key,
        ...(offset > 0 ? { Range: `bytes=${offset}-` } : {}),
        // If-Match with a weak ETag never matches (RFC 9110 requires strong comparison). The caller compares ETags instead.
        ...(etag === undefined || isWeak(etag) ? {} : { IfMatch: `"${etag}"` }),
      });
      const answer = await this.#requests.client.send(command, abortable(signal));
      if (offset > 0 && answer.ContentRange?.startsWith(`bytes ${offset}-`) !== true) {
        (answer.Body as Readable).destroy();
        throw new StoreError(
          'rejected',
          `reading ${key}: ${this.location.endpoint} does not support range requests, so an interrupted download cannot be resumed`,
        );
      }
      const remainingBytes = answer.ContentLength ?? rangeBytes(answer.ContentRange);
      return { body: answer.Body as Readable, remainingBytes, etag: unquotedEtag(answer.ETag) };
    });
  }

  /** Writes an object in one request. @returns its ETag, if the store returns one. */
  async put(
    key: string,
    body: Buffer,
    { contentType, signal }: { contentType: string; signal?: AbortSignal },
  ): Promise<string | undefined> {
    const { ETag } = await this.#requests.send(
      { doing: `writing ${key}`, right: 's3:PutObject' },
      (options) =>
        this.#requests.client.send(
          new this.#requests.s3.PutObjectCommand({
            Bucket: this.location.bucket,
            Key: key,
            Body: body,
            ContentLength: body.length,
            ContentMD5: md5(body),
            ContentType: contentType,
          }),
          options,
        ),
      signal,
    );
    return unquotedEtag(ETag);
  }

  /** Deletes an object. A missing object is not an error: some stores report it when another process deleted the object first. */
  async delete(key: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#requests.send(
        { doing: `deleting ${key}`, right: 's3:DeleteObject' },
        (options) =>
          this.#requests.client.send(new this.#requests.s3.DeleteObjectCommand({ Bucket: this.location.bucket, Key: key }), options),
        signal,
      );
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
  }

  /** @see Uploads.begin */
  beginUpload(...args: Parameters<Uploads['begin']>): Promise<string> {
    return this.#uploads.begin(...args);
  }

  /** @see Uploads.part */
  uploadPart(...args: Parameters<Uploads['part']>): Promise<UploadedPart> {
    return this.#uploads.part(...args);
  }

  /** @see Uploads.complete */
  completeUpload(...args: Parameters<Uploads['complete']>): Promise<string | undefined> {
    return this.#uploads.complete(...args);
  }

  /** @see Uploads.abort */
  abortUpload(...args: Parameters<Uploads['abort']>): Promise<void> {
    return this.#uploads.abort(...args);
  }

  /** @see Uploads.pending */
  pendingUploads(...args: Parameters<Uploads['pending']>): AsyncGenerator<PendingUpload> {
    return this.#uploads.pending(...args);
  }

  #tooLong(doing: string): StoreError {
    return new StoreError('rejected', `${doing}: more than ${this.#listing.mostCharacters} characters of keys, the limit for one listing`);
  }
}

const storedObject = (
  key: string,
  { Size: sizeBytes = 0, LastModified: lastModified = new Date(0), ETag }: ListedObject,
): StoredObject => ({
  key,
  sizeBytes,
  lastModified,
  etag: unquotedEtag(ETag),
});
