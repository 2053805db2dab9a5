/**
 * A credential as it was meant: line breaks at its ends come from files and from `echo`.
 *
 * @example
 * trimmedCredential('AKEXAMPLE\n'); // 'AKEXAMPLE'
 */
export const trimmedCredential = (text: string): string => text.replace(/^[\r\n]+|[\r\n]+$/g, '');

/** Why a text cannot be an access key id; undefined when it can. It is sent in a header. Never repeats the text. */
export const accessKeyIdProblem = (text: string): string | undefined =>
  /^[\x21-\x7e]+$/.test(trimmedCredential(text)) ? undefined : 'holds characters other than visible ASCII, such as a space or a line break';

/** Why a text cannot be a secret key; undefined when it can. Never repeats the text. */
export const secretKeyProblem = (text: string): string | undefined =>
  /^\P{Cc}+$/u.test(trimmedCredential(text)) ? undefined : 'holds a line break or another control character';
