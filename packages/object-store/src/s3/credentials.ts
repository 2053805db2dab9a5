/**
 * A credential without leading and trailing line breaks, which come from files and `echo`.
 *
 * @example
 * trimmedCredential('AKEXAMPLE\n'); // 'AKEXAMPLE'
 */
export const trimmedCredential = (text: string): string => text.replace(/^[\r\n]+|[\r\n]+$/g, '');

/** Why a text is not a valid access key id, which is sent in a header; undefined when it is valid. Never contains the text. */
export const accessKeyIdProblem = (text: string): string | undefined =>
  /^[\x21-\x7e]+$/.test(trimmedCredential(text))
    ? undefined
    : 'contains characters other than visible ASCII, such as a space or a line break';

/** Why a text is not a valid secret key; undefined when it is valid. Never contains the text. */
export const secretKeyProblem = (text: string): string | undefined =>
  /^\P{Cc}+$/u.test(trimmedCredential(text)) ? undefined : 'contains a line break or another control character';
