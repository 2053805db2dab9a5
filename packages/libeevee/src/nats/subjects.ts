import { subjectPath } from '@eeveebot/contract';

/** A subject whose tokens NATS takes literally: no white space or control characters (they split the protocol line), no wildcards. */
const PLAIN_SUBJECT = /^[^\s.*>\p{Cc}]+(?:\.[^\s.*>\p{Cc}]+)*$/u;

/** A server disconnects a client that sends a line of more than 4,096 bytes, in which there are also the subject of the answer, and sizes. */
const MAX_SUBJECT_BYTES = 3_000;

/** Whether a server would disconnect the client that sends this subject. */
const isTooLong = (subject: string): boolean =>
  // Each unit of UTF-16 becomes at most three bytes.
  subject.length > MAX_SUBJECT_BYTES / 3 && Buffer.byteLength(subject) > MAX_SUBJECT_BYTES;

/** A subject as it is shown in the log. */
export const shownSubject = (subject: string): string => (subject.length > 200 ? `${subject.slice(0, 200)}…` : subject);

/**
 * `subject` in a form that a message can be sent to. NATS would read a space in it as the start of a reply subject, and the message would
 * go elsewhere.
 *
 * @throws RangeError if it is too long.
 * @example
 * publishableSubject('chat.message.outgoing.irc.main.#two words'); // '….#two_words'
 */
export function publishableSubject(subject: string): string {
  if (isTooLong(subject)) throw new RangeError(`its subject has more than ${MAX_SUBJECT_BYTES} bytes`);
  return PLAIN_SUBJECT.test(subject) ? subject : subjectPath(subject);
}

/** Whether NATS accepts `subject` in a subscription: wildcards are whole tokens, `>` only the last, and it is not too long. */
export function isSubscribable(subject: string): boolean {
  // The client would subscribe again after each reconnect, and be disconnected each time.
  if (isTooLong(subject)) return false;
  const tokens = subject.split('.');
  return tokens.every((token, index) => {
    if (token === '*') return true;
    if (token === '>') return index === tokens.length - 1;
    return /^[^\s\p{Cc}]+$/u.test(token);
  });
}

/** Whether NATS accepts `queue` as the name of a queue group. */
export const isQueueName = (queue: string): boolean => /^\S{1,500}$/.test(queue);
