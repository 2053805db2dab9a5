import { createHash, type Hash } from 'node:crypto';
import {
  isSameEtag,
  isTransient,
  retryDelayMs,
  StoreError,
  withRetries,
  type Store,
  type StoredObject,
  type UploadedPart,
} from '@eeveebot/object-store';
import { BackupError } from '../errors.ts';
import { MOST_PARTS, partsAtOnce, partSizeBytes, tooLargeMessage } from './part-size.ts';

/**
 * Time for pending requests to finish when an upload is aborted. An interrupted request may still be carried out, and a part that arrives
 * after the abort would remain in the store.
 */
const DRAIN_MS = 5_000;

const CONTENT_TYPE = 'application/octet-stream';

/** An uploaded object. */
export interface Uploaded {
  readonly sizeBytes: number;
  /** SHA-256 of the object, hexadecimal. */
  readonly sha256: string;
  /** Why the object could not be checked after the upload; undefined when the check succeeded. */
  readonly unchecked: string | undefined;
}

/** Options of {@link uploadObject}. */
export interface UploadOptions {
  /** Expected maximum size of the archive, which determines the size of the parts. */
  readonly sourceBytes: number;
  readonly signal: AbortSignal;
  /** Called with the number of bytes of each uploaded part. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Uploads `chunks` as one object that appears completely or not at all: in a single request if it fits into one part, otherwise in parts
 * that are combined only after `chunks` ended without an error. Holds at most 60 MiB of parts in memory. On an error of the store or of
 * `chunks`, or when aborted, removes the parts before it throws.
 *
 * @throws StoreError; errors of `chunks`; the signal's reason.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
export async function uploadObject(store: Store, key: string, chunks: AsyncIterable<Buffer>, options: UploadOptions): Promise<Uploaded> {
  options.signal.throwIfAborted();
  const upload = new ObjectUpload(store, key, options);
  try {
    for await (const chunk of chunks) await upload.write(chunk);
    options.signal.throwIfAborted();
    return await upload.finish();
  } catch (error) {
    await upload.abort(error);
    throw error;
  }
}

/**
 * Aborts the uploads under `prefix` that were started `ageMs` ago or earlier, left by killed processes.
 *
 * @param options.now the time by the clock of this machine.
 * @param options.isOurs whether an upload to this key may be aborted; by default all may.
 * @returns the number of aborted uploads.
 */
export async function abortStaleUploads(
  store: Store,
  prefix: string,
  { ageMs, now, signal, isOurs = () => true }: { ageMs: number; now: () => Date; signal: AbortSignal; isOurs?: (key: string) => boolean },
): Promise<number> {
  let aborted = 0;
  for await (const upload of store.pendingUploads(prefix, signal)) {
    const { initiated } = upload;
    const isStale = initiated !== undefined && store.clock.timeAt(now()).getTime() - initiated.getTime() >= ageMs;
    if (!isStale || !isOurs(upload.key)) continue;
    await store.abortUpload(upload);
    aborted++;
  }
  return aborted;
}

class ObjectUpload {
  readonly #store: Store;
  readonly #key: string;
  readonly #options: UploadOptions;
  readonly #partBytes: number;
  readonly #atOnce: number;
  readonly #hash: Hash = createHash('sha256');
  readonly #parts: UploadedPart[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #spare: Buffer[] = [];
  /** Aborts pending requests some time after the upload was aborted. */
  readonly #pendingAbort = new AbortController();
  #uploadId: string | undefined;
  /** Whether the outcome of an earlier attempt to complete the upload is unknown. */
  #isCompletionUncertain = false;
  #isBegun = false;
  /** Whether the object may exist because a request to create it was sent. */
  #mayExist = false;
  #partsBegun = 0;
  /** Error of the first part that failed permanently; thrown before the next part is sent, or at the end. */
  #failure: { readonly error: unknown } | undefined;
  #buffer: Buffer;
  #filled = 0;
  #sizeBytes = 0;

  constructor(store: Store, key: string, options: UploadOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    options.signal.addEventListener('abort', () => setTimeout(() => this.#pendingAbort.abort(options.signal.reason), DRAIN_MS).unref(), {
      once: true,
    });
    this.#partBytes = partSizeBytes(options.sourceBytes);
    this.#atOnce = partsAtOnce(this.#partBytes);
    this.#buffer = Buffer.allocUnsafeSlow(this.#partBytes);
  }

  async write(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    this.#sizeBytes += chunk.length;
    for (let from = 0; from < chunk.length;) {
      if (this.#filled === this.#partBytes) await this.#sendPart();
      const bytes = chunk.copy(this.#buffer, this.#filled, from);
      this.#filled += bytes;
      from += bytes;
    }
  }

  async finish(): Promise<Uploaded> {
    const etag = this.#uploadId === undefined ? await this.#put() : await this.#complete();
    const unchecked = await this.#check(etag);
    // If the response to starting the upload was lost, the retry started a second one.
    if (this.#uploadId !== undefined) await ignoreStoreErrors(() => this.#removeStrays());
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex'), unchecked };
  }

  /** Removes the uploaded data and waits until that is done. */
  async abort(reason: unknown): Promise<void> {
    const timer = setTimeout(() => this.#pendingAbort.abort(reason), DRAIN_MS);
    await Promise.allSettled(this.#sending);
    clearTimeout(timer);
    if (!this.#isBegun) return;
    const uploadId = this.#uploadId;
    if (uploadId !== undefined) await ignoreStoreErrors(() => this.#store.abortUpload({ key: this.#key, uploadId }));
    await ignoreStoreErrors(() => this.#removeStrays());
    if (this.#mayExist) await ignoreStoreErrors(() => this.#store.delete(this.#key));
  }

  /** Aborts uploads whose start was not acknowledged, including parts that arrived late. No other process uses the key. */
  async #removeStrays(): Promise<void> {
    for await (const upload of this.#store.pendingUploads(this.#key)) {
      if (upload.key === this.#key) await this.#store.abortUpload(upload);
    }
  }

  async #sendPart(): Promise<void> {
    const { signal } = this.#pendingAbort;
    this.#isBegun = true;
    this.#uploadId ??= await this.#store.beginUpload(this.#key, { contentType: CONTENT_TYPE, signal });
    while (this.#sending.size > 0 && this.#sending.size >= this.#atOnce) await Promise.race(this.#sending);
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#partsBegun === MOST_PARTS) throw new BackupError('usage', tooLargeMessage(this.#partBytes));
    const buffer = this.#buffer;
    const body = buffer.subarray(0, this.#filled);
    const upload = { key: this.#key, uploadId: this.#uploadId };
    const partNumber = ++this.#partsBegun;
    const sent = this.#store
      .uploadPart(upload, { partNumber, body, signal })
      .then((part) => {
        this.#parts.push(part);
        this.#spare.push(buffer);
        this.#options.onProgress?.(body.length);
      })
      .finally(() => this.#sending.delete(sent));
    sent.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    this.#sending.add(sent);
    if (this.#atOnce === 0) await Promise.allSettled(this.#sending);
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#partBytes);
    this.#filled = 0;
  }

  async #put(): Promise<string | undefined> {
    const body = this.#buffer.subarray(0, this.#filled);
    this.#isBegun = this.#mayExist = true;
    const etag = await this.#store.put(this.#key, body, { contentType: CONTENT_TYPE, signal: this.#pendingAbort.signal });
    this.#options.signal.throwIfAborted();
    this.#options.onProgress?.(body.length);
    return etag;
  }

  async #complete(): Promise<string | undefined> {
    if (this.#filled > 0) await this.#sendPart();
    await Promise.allSettled(this.#sending);
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#options.signal.throwIfAborted();
    const upload = { key: this.#key, uploadId: this.#uploadId ?? '' };
    const parts = this.#parts.toSorted((a, b) => a.partNumber - b.partNumber);
    const { signal } = this.#pendingAbort;
    this.#mayExist = true;
    return withRetries(
      async () => {
        try {
          return await this.#store.completeUpload(upload, parts, signal);
        } catch (error) {
          return await this.#outcomeOfCompletion(error);
        }
      },
      this.#store.retry,
      signal,
    );
  }

  /** Decides what happened after a lost or failed response to CompleteMultipartUpload, by checking whether the object exists. */
  async #outcomeOfCompletion(error: unknown): Promise<string | undefined> {
    const isGone = error instanceof StoreError && (error.kind === 'no-such-upload' || error.kind === 'no-such-key');
    if (!isTransient(error) && !isGone) throw error;
    const wasOpen = this.#isCompletionUncertain;
    this.#isCompletionUncertain = true;
    try {
      const object = await this.#store.head(this.#key, this.#pendingAbort.signal);
      // Each backup has a new key, so an object of this size is this upload.
      if (object?.sizeBytes === this.#sizeBytes) return object.etag;
    } catch (denial) {
      if (!(denial instanceof StoreError) || denial.kind !== 'denied') throw denial;
      // No other process knows the upload: if it no longer exists after an unacknowledged completion, the completion was carried out.
      if (isGone && wasOpen) return undefined;
    }
    throw error;
  }

  /**
   * Checks that the store has the uploaded object, although it acknowledged the upload. A missing object is checked again, because some
   * stores are eventually consistent; a denied check does not fail the upload.
   *
   * @returns why it could not be checked; undefined when the check succeeded.
   * @throws StoreError when the store has a different object, or none after several attempts.
   */
  async #check(etag: string | undefined): Promise<string | undefined> {
    const sent = `${this.#key} was uploaded with ${this.#sizeBytes} bytes and ETag ${etag ?? '-'}`;
    let object: StoredObject | undefined;
    try {
      object = await this.#headUntilVisible(new StoreError('server', `${sent}, but does not exist`));
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'denied') return error.message;
      throw error;
    }
    const isOurs = etag === undefined || object.etag === undefined || isSameEtag(object.etag, etag);
    if (object.sizeBytes === this.#sizeBytes && isOurs) return undefined;
    throw new StoreError('server', `${sent}, but it has ${object.sizeBytes} bytes and ETag ${object.etag ?? '-'}`);
  }

  /** Metadata of the object, as soon as the store reports it. */
  async #headUntilVisible(missing: StoreError): Promise<StoredObject> {
    const { retry } = this.#store;
    for (let attempt = 1; ; attempt++) {
      const object = await this.#store.head(this.#key, this.#pendingAbort.signal);
      // If the store reports no object, there is nothing to remove; if the report is wrong, the archive is intact.
      this.#mayExist = object !== undefined;
      if (object !== undefined) return object;
      if (attempt >= retry.attempts) throw missing;
      const delayMs = retryDelayMs(missing, attempt, retry);
      retry.onRetry?.(missing, delayMs);
      await retry.wait(delayMs, this.#pendingAbort.signal);
    }
  }
}

/** Attempts a removal and ignores store errors: the error of the upload is more useful, and the next backup removes leftovers. */
async function ignoreStoreErrors(removal: () => Promise<void>): Promise<void> {
  try {
    await removal();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
