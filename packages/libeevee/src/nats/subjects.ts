import { subjectPath } from '@eeveebot/contract';

/** A subject made of tokens that NATS takes as they are: no white space, no control character (they would split the protocol line), no wildcard, no empty token. */
const PLAIN_SUBJECT = /^[^\s.*>\p{Cc}]+(?:\.[^\s.*>\p{Cc}]+)*$/u;

/**
 * `subject` as one that a message can be sent to. A space in it would be read as the start of a reply
 * subject, and the message would go somewhere else.
 *
 * @example
 * publishableSubject('chat.message.outgoing.irc.main.#two words'); // '….#two_words'
 */
export const publishableSubject = (subject: string): string => (PLAIN_SUBJECT.test(subject) ? subject : subjectPath(subject));

/** Whether NATS takes `subject` in a subscription: wildcards are whole tokens, `>` only the last. */
export function isSubscribable(subject: string): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => {
    if (token === '*') return true;
    if (token === '>') return index === tokens.length - 1;
    return /^[^\s\p{Cc}]+$/u.test(token);
  });
}

/** Whether NATS takes `queue` as the name of a queue group. */
export const isQueueName = (queue: string): boolean => /^\S+$/.test(queue);
