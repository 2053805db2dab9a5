import type { Dispatcher } from 'undici';
import type { Flow } from './paced-lines.ts';

/** Where a request goes, and what may stop it. */
export interface ExchangeOptions {
  readonly dispatcher: Dispatcher;
  readonly request: Dispatcher.DispatchOptions;
  readonly signal: AbortSignal;
  /** Throws when the request may no longer be sent. Called immediately before it is written to a connection. */
  readonly permit: (() => void) | undefined;
}

/** The head of a response. */
export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Calls back with a response as it arrives: `onHead`, any number of `onChunk`, then `onEnd`; or `onError` at any time. */
interface Receiver {
  onHead(head: ResponseHead): void;
  onChunk(chunk: Buffer, flow: Flow): void;
  onEnd(): void;
  onError(error: unknown): void;
}

/**
 * Sends a request and gives its response to `receiver`. undici's own `request` makes a stream of each response, which takes longer than
 * everything else that the operator does with it.
 */
export function exchange({ dispatcher, request, signal, permit }: ExchangeOptions, receiver: Receiver): void {
  let controller: Dispatcher.DispatchController | undefined;
  let isOver = false;
  const end = (): boolean => {
    if (isOver) return false;
    isOver = true;
    signal.removeEventListener('abort', abort);
    return true;
  };
  const fail = (error: unknown) => {
    if (end()) receiver.onError(error);
  };
  function abort(): void {
    controller?.abort(signal.reason as Error);
    fail(signal.reason);
  }
  if (signal.aborted) return fail(signal.reason);
  signal.addEventListener('abort', abort);
  dispatcher.dispatch(request, {
    onRequestStart(started) {
      controller = started;
      if (isOver) return started.abort(signal.reason as Error);
      // It may have queued behind other requests until now. An error that is thrown here ends the request.
      permit?.();
    },
    onResponseStart(_, statusCode, headers) {
      if (statusCode >= 200 && !isOver) receiver.onHead({ statusCode, headers });
    },
    onResponseData(flow, chunk) {
      if (!isOver) receiver.onChunk(chunk, flow);
    },
    onResponseEnd() {
      if (end()) receiver.onEnd();
    },
    onResponseError: (_, error) => fail(error),
  });
}

/** A response with its body. */
export interface Response extends ResponseHead {
  readonly text: string;
}

/**
 * Sends a request and resolves to its whole response.
 *
 * @param onHead called when the response begins.
 */
export function wholeResponse(options: ExchangeOptions, onHead: (head: ResponseHead) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    let head: ResponseHead | undefined;
    const chunks: Buffer[] = [];
    exchange(options, {
      onHead(started) {
        head = started;
        onHead(started);
      },
      onChunk: (chunk) => void chunks.push(chunk),
      onEnd() {
        if (head !== undefined) resolve({ ...head, text: textOf(chunks) });
      },
      onError: reject,
    });
  });
}

/** A response whose body is streamed, or a refusal with its body. */
export interface StreamResponse extends Response {
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
}

/**
 * Sends a request whose response is endless. Resolves when the response begins or, if it is a refusal, when it has arrived.
 *
 * @param given.onChunk called with each part of the body, unless it is a refusal. An error that it throws ends the stream.
 */
export function openStream(
  options: ExchangeOptions,
  { onHead, onChunk }: { readonly onHead: (head: ResponseHead) => void; readonly onChunk: (chunk: Buffer, flow: Flow) => void },
): Promise<StreamResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<StreamResponse>();
  const ended = Promise.withResolvers<void>();
  // The promise of the response rejects with the same error.
  ended.promise.catch(() => undefined);
  let head: ResponseHead | undefined;
  const refusal: Buffer[] = [];
  exchange(options, {
    onHead(started) {
      head = started;
      onHead(started);
      if (started.statusCode < 300) resolve({ ...started, text: '', ended: ended.promise });
    },
    onChunk(chunk, flow) {
      if (head !== undefined && head.statusCode < 300) onChunk(chunk, flow);
      else refusal.push(chunk);
    },
    onEnd() {
      ended.resolve();
      if (head !== undefined) resolve({ ...head, text: textOf(refusal), ended: ended.promise });
    },
    onError(error) {
      ended.reject(error);
      reject(error);
    },
  });
  return promise;
}

function textOf(chunks: readonly Buffer[]): string {
  const [only] = chunks;
  if (only === undefined) return '';
  return (chunks.length > 1 ? Buffer.concat(chunks) : only).toString('utf8');
}
