import { subjectPath } from '@eeveebot/contract';

/** A subject whose tokens NATS takes literally: no white space or control characters (they split the protocol line), no wildcards. */
const PLAIN_SUBJECT = /^[^\s.*>\p{Cc}]+(?:\.[^\s.*>\p{Cc}]+)*$/u;

/**
 * `subject` in a form that a message can be sent to. NATS would read a space in it as the start of a reply subject, and the message would
 * go elsewhere.
 *
 * @example
 * publishableSubject('chat.message.outgoing.irc.main.#two words'); // '….#two_words'
 */
export const publishableSubject = (subject: string): string => (PLAIN_SUBJECT.test(subject) ? subject : subjectPath(subject));

/** Whether NATS accepts `subject` in a subscription: wildcards are whole tokens, `>` only the last. */
export function isSubscribable(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => {
    if (token === '*') return true;
    if (token === '>') return index === tokens.length - 1;
    return /^[^\s\p{Cc}]+$/u.test(token);
  });
}

/** Whether NATS accepts `queue` as the name of a queue group. */
export const isQueueName = (queue: string): boolean => /^\S+$/.test(queue);
