import { ERROR_CODES, EeveeError } from '../errors.ts';
import { log } from '../log/log.ts';
import type { NatsMetrics } from '../metrics/module-metrics.ts';
import { errorCounter } from '../metrics/registry.ts';
import type { NatsClient } from '../nats/client.ts';
import type { Outgoing } from '../delivery/outbox-options.ts';
import { answerOutbox } from './answer-outbox.ts';
import { type OutgoingAddress, checkAddress, outgoingLines } from './outgoing-text.ts';

/** A text on its way to a chat network. */
export interface OutgoingText {
  readonly address: OutgoingAddress;
  /** Fields of the address that may be missing. */
  readonly optional?: readonly string[];
  readonly text: unknown;
  /** Called once the address has been checked. */
  readonly subject: () => string;
  /** The payload that carries one line of the text. */
  readonly payload: (line: string) => unknown;
  /** Label `type` of the count in `nats_publish_total`. */
  readonly type: string;
  readonly metrics: NatsMetrics | undefined;
}

/** Rejects invalid text before NATS sees it. The caller may never look at the rejection, so it is logged and counted here. */
function checkedLines(nats: NatsClient, { address, optional, text, type }: OutgoingText): string[] {
  try {
    checkAddress(address, optional);
    return outgoingLines(text);
  } catch (error) {
    errorCounter.inc({ module: nats.name, type: 'chat_refused', operation: type });
    log.error('refused to send a chat message', { producer: 'chat', type, error });
    throw error;
  }
}

/** Sends a line, now or when NATS and the connector are back. @returns `false` when it cannot be sent; a promise when there is much to send. */
function sendLine(nats: NatsClient, line: Outgoing): boolean | Promise<boolean> {
  return answerOutbox(nats)?.deliver(line) ?? nats.publish(line.subject, line.payload);
}

function notSentReason(nats: NatsClient, payload: string): string {
  if (nats.isClosed()) return 'NATS is not connected';
  const bytes = Buffer.byteLength(payload);
  const most = nats.maxPayloadBytes;
  return bytes > most
    ? `it has ${bytes} bytes, but NATS accepts at most ${most}: split the text into lines, or raise max_payload of NATS`
    : 'NATS did not accept it';
}

/** A line that was given to NATS. */
interface SentLine {
  readonly payload: string;
  /** Only `false` means that it was not sent: test doubles of the client return nothing. */
  readonly sent: boolean | Promise<boolean> | undefined;
}

/** Counts a line. @throws EeveeError `EEVEE_CHAT_NOT_SENT` if it was not sent. */
function checkSent(
  nats: NatsClient,
  { address, type, metrics }: OutgoingText,
  { payload, sent }: SentLine & { readonly sent: unknown },
): void {
  if (sent === false) {
    const { platform, instance, channel, target } = address;
    const place = [`${String(platform)}/${String(instance)}`, channel ?? target].filter((part) => part !== undefined).join(' ');
    throw new EeveeError(ERROR_CODES.chatNotSent, `message to ${place} was not sent: ${notSentReason(nats, payload)}`);
  }
  metrics?.recordNatsPublish?.(type);
}

/** Waits for the lines in order. */
async function allSent(nats: NatsClient, outgoing: OutgoingText, lines: readonly SentLine[]): Promise<void> {
  for (const { payload, sent } of lines) checkSent(nats, outgoing, { payload, sent: await sent });
}

/**
 * Publishes the lines of a text in order. While NATS or the connector is away, they are kept for 30 seconds. Every text that goes to a
 * chat network passes through this function.
 *
 * @returns `undefined` when all lines are on their way or kept already, as usual, so that an answer costs no promises.
 * @throws EeveeError `EEVEE_CHAT_NOT_SENT` when the text or the address is invalid, or NATS did not accept all lines. The promise rejects
 * with the same.
 */
export function publishLines(nats: NatsClient, outgoing: OutgoingText): Promise<void> | undefined {
  const lines = checkedLines(nats, outgoing);
  const subject = outgoing.subject();
  const { platform, instance, channel, target } = outgoing.address;
  const [lane, order] = [`${String(platform)}.${String(instance)}`, String(channel ?? target)];
  const sentLines = lines.map((line): SentLine => {
    const payload = JSON.stringify(outgoing.payload(line));
    return { payload, sent: sendLine(nats, { lane, order, subject, payload }) };
  });
  if (sentLines.some(({ sent }) => typeof sent === 'object')) return allSent(nats, outgoing, sentLines);
  for (const line of sentLines) checkSent(nats, outgoing, line);
  return undefined;
}
