import { isSameEtag, isTransient, messageOf, retryDelayMs, StoreError, type OpenObject, type Store } from '@eeveebot/object-store';
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
  const { retry } = store;
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
      if (!isContinuation(answer, { offset, etag, endBytes })) {
        answer.body.destroy();
        throw new StoreError('changed', `reading ${key}: it was replaced during the download`);
      }
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
      const failure = error instanceof StoreError ? error : connectionLost(store, key, error);
      if (!isTransient(failure) || ++failures >= retry.attempts) throw failure;
      const delayMs = retryDelayMs(failure, failures, retry);
      retry.onRetry?.(failure, delayMs);
      await retry.wait(delayMs, signal);
    }
  }
}

/** Whether a response continues the same object. Not every store has ETags, and some ignore If-Match. */
const isContinuation = (
  { remainingBytes, etag }: OpenObject,
  begun: { readonly offset: number; readonly etag: string | undefined; readonly endBytes: number | undefined },
): boolean => isSameEtag(etag, begun.etag) && (remainingBytes === undefined || begun.offset + remainingBytes === begun.endBytes);

/** Converts Node's error of a lost connection. Errors of the consumer do not get here, because they end the generator. */
const connectionLost = ({ location }: Store, key: string, cause: unknown): StoreError => {
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
