/** An operation of a NATS client. */
export type ClientOperation =
  | { readonly kind: 'connect'; readonly options: Readonly<Record<string, unknown>> }
  | { readonly kind: 'ping' | 'pong' }
  | { readonly kind: 'subscribe'; readonly subject: string; readonly queue: string | undefined; readonly sid: string }
  | { readonly kind: 'unsubscribe'; readonly sid: string; readonly max: number | undefined }
  | { readonly kind: 'publish'; readonly subject: string; readonly reply: string; readonly headerBytes: number; readonly payload: Buffer };

const LINE_END = Buffer.from('\r\n');

/** The publication announced by a line, without its payload. */
function announced(words: readonly string[]): { subject: string; reply: string; headerBytes: number; totalBytes: number } {
  const withHeaders = words[0]?.toUpperCase() === 'HPUB';
  const sizes = words.slice(withHeaders ? -2 : -1).map(Number);
  const [subject = '', reply = ''] = words.slice(1, withHeaders ? -2 : -1);
  return { subject, reply, headerBytes: withHeaders ? (sizes[0] ?? 0) : 0, totalBytes: sizes.at(-1) ?? 0 };
}

/** The operation of a line that no payload follows. */
function operationOf(verb: string, words: readonly string[], line: string): ClientOperation | undefined {
  const [, first = '', second] = words;
  switch (verb) {
    case 'CONNECT':
      return { kind: 'connect', options: JSON.parse(line.slice('CONNECT'.length)) as Record<string, unknown> };
    case 'PING':
      return { kind: 'ping' };
    case 'PONG':
      return { kind: 'pong' };
    case 'SUB':
      return { kind: 'subscribe', subject: first, queue: words.length > 3 ? second : undefined, sid: words.at(-1) ?? '' };
    case 'UNSUB':
      return { kind: 'unsubscribe', sid: first, max: second === undefined ? undefined : Number(second) };
    default:
      return undefined;
  }
}

/**
 * Parses the client's side of the NATS protocol from socket data in chunks of any size.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */
export class ClientOperations {
  #unread: Buffer = Buffer.alloc(0);

  /** The operations that this chunk completes. */
  *read(chunk: Buffer): Generator<ClientOperation> {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const lineEnd = this.#unread.indexOf(LINE_END);
      if (lineEnd < 0) return;
      const line = this.#unread.toString('utf8', 0, lineEnd);
      const afterLine = lineEnd + LINE_END.length;
      const words = line.split(/\s+/);
      const verb = words[0]?.toUpperCase() ?? '';
      if (verb === 'PUB' || verb === 'HPUB') {
        const { totalBytes, ...publication } = announced(words);
        if (this.#unread.length < afterLine + totalBytes + LINE_END.length) return;
        const payload = this.#unread.subarray(afterLine, afterLine + totalBytes);
        this.#unread = this.#unread.subarray(afterLine + totalBytes + LINE_END.length);
        yield { kind: 'publish', ...publication, payload };
        continue;
      }
      this.#unread = this.#unread.subarray(afterLine);
      const operation = operationOf(verb, words, line);
      if (operation !== undefined) yield operation;
    }
  }
}

/**
 * Whether a subscription matches a subject: `*` is any one token, `>` one or more at the end.
 *
 * @example
 * isSubscribedTo('chat.*.outgoing.>', 'chat.message.outgoing.irc.main'); // true
 */
export function isSubscribedTo(subscription: string, subject: string): boolean {
  const tokens = subject.split('.');
  const wanted = subscription.split('.');
  if (wanted.at(-1) === '>') return tokens.length >= wanted.length && wanted.slice(0, -1).every(matchesAt);
  return tokens.length === wanted.length && wanted.every(matchesAt);

  function matchesAt(token: string, index: number): boolean {
    return token === '*' || token === tokens[index];
  }
}
