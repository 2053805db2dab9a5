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
 * How long requests under way may still take when an upload ends early. A request that is cut off may be carried out all
 * the same, and a part that arrives after its upload was given up would stay.
 */
const DRAIN_MS = 5_000;

const CONTENT_TYPE = 'application/octet-stream';

/** What was uploaded. */
export interface Uploaded {
  readonly sizeBytes: number;
  /** SHA-256 of the object, hexadecimal. */
  readonly sha256: string;
  /** Why the object could not be checked after the upload; undefined when it was, and is what was sent. */
  readonly unchecked: string | undefined;
}

/** How an archive is uploaded. */
export interface UploadOptions {
  /** Bytes that the archive is expected to have at most: the size of the parts follows from it. */
  readonly sourceBytes: number;
  readonly signal: AbortSignal;
  /** Called with the bytes of each part that has arrived. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Uploads what `chunks` gives as one object that appears whole or not at all: an archive of one part by a single
 * request, others in parts that become an object only after `chunks` has ended well. Holds at most 60 MiB of parts in memory.
 * On an error, of the store or of `chunks`, and when it is aborted, the parts are removed before it throws.
 *
 * @throws StoreError; what `chunks` throws; the signal's reason.
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
 * Aborts the uploads below `prefix` that were begun before `before`: a process that was killed could not.
 *
 * @param options.isOurs whether an upload to this key may be aborted; all may, unless given.
 * @returns how many there were.
 */
export async function abortStaleUploads(
  store: Store,
  prefix: string,
  { before, signal, isOurs = () => true }: { before: Date; signal: AbortSignal; isOurs?: (key: string) => boolean },
): Promise<number> {
  let aborted = 0;
  for await (const upload of store.pendingUploads(prefix, signal)) {
    if (upload.initiated >= before || !isOurs(upload.key)) continue;
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
  /** Cuts off the requests under way, some time after the upload was ended. */
  readonly #cutOff = new AbortController();
  #uploadId: string | undefined;
  /** Whether an earlier attempt to complete the upload got no answer that settles it. */
  #isCompletionOpen = false;
  #isBegun = false;
  /** Whether the object was asked for: then it may be there, whatever the answers said. */
  #mayExist = false;
  #partsBegun = 0;
  /** Of the first part that failed for good: thrown when the next is to be sent, or at the end. */
  #failure: { readonly error: unknown } | undefined;
  #buffer: Buffer;
  #filled = 0;
  #sizeBytes = 0;

  constructor(store: Store, key: string, options: UploadOptions) {
    this.#store = store;
    this.#key = key;
    this.#options = options;
    options.signal.addEventListener('abort', () => setTimeout(() => this.#cutOff.abort(options.signal.reason), DRAIN_MS).unref(), {
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
    // An upload whose beginning was answered but not heard has been begun twice.
    if (this.#uploadId !== undefined) await attempted(() => this.#removeStrays());
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex'), unchecked };
  }

  /** Removes what has been uploaded, and waits for that. */
  async abort(reason: unknown): Promise<void> {
    const timer = setTimeout(() => this.#cutOff.abort(reason), DRAIN_MS);
    await Promise.allSettled(this.#sending);
    clearTimeout(timer);
    if (!this.#isBegun) return;
    const uploadId = this.#uploadId;
    if (uploadId !== undefined) await attempted(() => this.#store.abortUpload({ key: this.#key, uploadId }));
    await attempted(() => this.#removeStrays());
    if (this.#mayExist) await attempted(() => this.#store.delete(this.#key));
  }

  /** Uploads that were begun without an answer that says so, and parts that arrived late. The key is this upload's alone. */
  async #removeStrays(): Promise<void> {
    for await (const upload of this.#store.pendingUploads(this.#key)) {
      if (upload.key === this.#key) await this.#store.abortUpload(upload);
    }
  }

  async #sendPart(): Promise<void> {
    const { signal } = this.#cutOff;
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
    const etag = await this.#store.put(this.#key, body, { contentType: CONTENT_TYPE, signal: this.#cutOff.signal });
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
    const { signal } = this.#cutOff;
    this.#mayExist = true;
    return withRetries(
      async () => {
        try {
          return await this.#store.completeUpload(upload, parts, signal);
        } catch (error) {
          return await this.#settle(error);
        }
      },
      this.#store.retry,
      signal,
    );
  }

  /** The answer to Complete was lost, or told of an error: whether the object is there says what happened. */
  async #settle(error: unknown): Promise<string | undefined> {
    const isGone = error instanceof StoreError && (error.kind === 'no-such-upload' || error.kind === 'no-such-key');
    if (!isTransient(error) && !isGone) throw error;
    const wasOpen = this.#isCompletionOpen;
    this.#isCompletionOpen = true;
    try {
      const object = await this.#store.head(this.#key, this.#cutOff.signal);
      // The key is new with every backup, so an object of this size is this upload.
      if (object?.sizeBytes === this.#sizeBytes) return object.etag;
    } catch (denial) {
      if (!(denial instanceof StoreError) || denial.kind !== 'denied') throw denial;
      // Nobody else knows the upload: when it is gone after an unanswered completion, that was carried out.
      if (isGone && wasOpen) return undefined;
    }
    throw error;
  }

  /**
   * Checks that the store has what was sent. It acknowledged that already: so when it says that the object is not there, it is asked
   * again, since some stores show an object a moment later, and a denied check says nothing against the object.
   *
   * @returns why it could not be checked.
   * @throws StoreError when the store has another object, or keeps saying that there is none.
   */
  async #check(etag: string | undefined): Promise<string | undefined> {
    const sent = `${this.#key} was uploaded with ${this.#sizeBytes} bytes and ETag ${etag ?? '-'}`;
    let object: StoredObject | undefined;
    try {
      object = await this.#uploaded(new StoreError('server', `${sent}, but it is not there`));
    } catch (error) {
      if (error instanceof StoreError && error.kind === 'denied') return error.message;
      throw error;
    }
    const isOurs = etag === undefined || object.etag === undefined || isSameEtag(object.etag, etag);
    if (object.sizeBytes === this.#sizeBytes && isOurs) return undefined;
    throw new StoreError('server', `${sent}, but it has ${object.sizeBytes} bytes and ETag ${object.etag ?? '-'}`);
  }

  /** The object as the store describes it, as soon as it does. */
  async #uploaded(missing: StoreError): Promise<StoredObject> {
    const { retry } = this.#store;
    for (let attempt = 1; ; attempt++) {
      const object = await this.#store.head(this.#key, this.#cutOff.signal);
      // By its own account the store has nothing to remove. If it is wrong, it has a good archive.
      this.#mayExist = object !== undefined;
      if (object !== undefined) return object;
      if (attempt >= retry.attempts) throw missing;
      const delayMs = retryDelayMs(missing, attempt, retry);
      retry.onRetry?.(missing, delayMs);
      await retry.wait(delayMs, this.#cutOff.signal);
    }
  }
}

/** Removes as far as the store lets: the error that ended the upload says more, and the next backup looks for what was left. */
async function attempted(removal: () => Promise<void>): Promise<void> {
  try {
    await removal();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
