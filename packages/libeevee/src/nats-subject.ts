/** Space and control characters end a token of NATS's line protocol, whatever follows would be read as a command. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSAFE = /[\s\u0000-\u001f\u007f]/u;
const EMPTY_TOKEN = /^$|^\.|\.$|\.\./;
const WILDCARD_TOKEN = /(?:^|\.)[*>](?:\.|$)/;

/**
 * Whether messages can be published to `subject`: no white space, no empty token, no wildcard.
 *
 * @see https://docs.nats.io/nats-concepts/subjects
 */
export const isPublishable = (subject: string): boolean =>
  !UNSAFE.test(subject) && !EMPTY_TOKEN.test(subject) && !WILDCARD_TOKEN.test(subject);

/** Whether `subject` can be subscribed to: as {@link isPublishable}, but wildcards are welcome. */
export const isSubscribable = (subject: string): boolean => !UNSAFE.test(subject) && !EMPTY_TOKEN.test(subject);
