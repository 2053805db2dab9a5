import { messageOf } from '@eeveebot/contract';
import { isSameEtag, isTransient, retryDelayMs, StoreError, type OpenObject, type RetryPolicy, type Store } from '@eeveebot/object-store';
import type { Readable } from 'node:stream';

/** Options of {@link download}. */
export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Time without a byte after which the connection counts as lost, in milliseconds. */
  readonly idleMs?: number;
  /** Size of the object, used when the response does not state it. */
  readonly sizeBytes?: number;
  /** Called with the number of bytes of each chunk. */
  readonly onProgress?: (bytes: number) => void;
}

const DEFAULT_IDLE_MS = 30_000;

/**
 * Downloads an object. A lost or stalled connection is resumed at the same position of the same version of the object. The number of
 * attempts is limited only between two received bytes.
 *
 * @throws StoreError `changed` when the object was replaced during the download; the signal's reason.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
 */
export async function* download(store: Store, key: string, options: DownloadOptions): AsyncGenerator<Buffer> {
  const { signal, onProgress } = options;
  let offset = 0;
  let etag: string | undefined;
  let endBytes: number | undefined;
  for (let failures = 0; ;) {
    signal.throwIfAborted();
    try {
      const answer = await store.open(key, { offset, etag, signal });
      etag ??= answer.etag;
      // Through a proxy with chunked encoding, no response may state the length.
      endBytes ??= answer.remainingBytes ?? options.sizeBytes;
      assertContinuation(key, answer, { offset, etag, endBytes });
      for await (const chunk of withIdleTimeout(answer.body, options)) {
        offset += chunk.length;
        failures = 0;
        onProgress?.(chunk.length);
        yield chunk;
      }
      if (offset === endBytes || endBytes === undefined) return;
      throw new StoreError(
        'interrupted',
        `reading ${key}: the connection to ${store.location.endpoint} was closed after ${offset} of ${endBytes} bytes`,
      );
    } catch (error) {
      signal.throwIfAborted();
      if (endBytes !== undefined && offset >= endBytes) return;
      const failure = storeErrorOf(error, store, key);
      await waitToRetry(store.retry, { failure, failures: ++failures }, signal);
    }
  }
}

/** Waits before the next attempt. @throws the failure if no further attempt is allowed. */
async function waitToRetry(
  retry: RetryPolicy,
  { failure, failures }: { readonly failure: StoreError; readonly failures: number },
  signal: AbortSignal,
): Promise<void> {
  if (!isTransient(failure) || failures >= retry.attempts) throw failure;
  const delayMs = retryDelayMs(failure, failures, retry);
  retry.onRetry?.(failure, delayMs);
  await retry.wait(delayMs, signal);
}

/** Checks that a response continues the same object. Not every store has ETags, and some ignore If-Match. */
function assertContinuation(
  key: string,
  { body, remainingBytes, etag }: OpenObject,
  begun: { readonly offset: number; readonly etag: string | undefined; readonly endBytes: number | undefined },
): void {
  const isSameLength = remainingBytes === undefined || begun.offset + remainingBytes === begun.endBytes;
  if (isSameEtag(etag, begun.etag) && isSameLength) return;
  body.destroy();
  throw new StoreError('changed', `reading ${key}: it was replaced during the download`);
}

/** Converts Node's error of a lost connection. Errors of the consumer do not get here, because they end the generator. */
const storeErrorOf = (cause: unknown, { location }: Store, key: string): StoreError => {
  if (cause instanceof StoreError) return cause;
  const detail = messageOf(cause);
  return new StoreError('interrupted', `reading ${key}: the connection to ${location.endpoint} was lost (${detail})`, { cause });
};

async function* withIdleTimeout(body: Readable, { idleMs = DEFAULT_IDLE_MS }: DownloadOptions): AsyncGenerator<Buffer> {
  const stall = () => body.destroy(new StoreError('timeout', `no data received for ${idleMs} ms`));
  let timer = setTimeout(stall, idleMs);
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = setTimeout(stall, idleMs);
    }
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
