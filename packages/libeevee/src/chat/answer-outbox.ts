import { log } from '../log/log.ts';
import { errorCounter } from '../metrics/registry.ts';
import { Outbox } from '../delivery/outbox.ts';
import { NatsClient } from '../nats/client.ts';

/** Maximum age of an answer: users would not understand a later one. */
const MAX_AGE_MS = 30_000;

const outboxes = new WeakMap<NatsClient, Outbox>();

/**
 * Messages of a client on their way to the connectors. `undefined` when the client is not connected yet, closed, or a test double
 * of one.
 */
export function answerOutbox(nats: NatsClient): Outbox | undefined {
  const known = outboxes.get(nats);
  if (nats.nats?.isClosed() === true) return undefined;
  if (known !== undefined || !(nats instanceof NatsClient) || nats.nats === undefined) return known;
  const outbox = new Outbox({
    nats,
    maxAgeMs: MAX_AGE_MS,
    onLost: (messages, reason) => {
      errorCounter.inc({ module: nats.name, type: 'answers_lost', operation: reason }, messages);
      log.warn('answers were lost on the way to a connector', { producer: 'chat', messages, reason });
    },
  });
  outboxes.set(nats, outbox);
  // Its subscription precedes the first message on the same connection.
  void outbox.start();
  return outbox;
}
