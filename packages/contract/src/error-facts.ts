/** Code of an error of Node or of the operating system, such as `ENOENT`; undefined for any other value. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Whether an error has one of these codes.
 *
 * @example
 * if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
 */
export const isErrno = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error) ?? '');

/** Message of an error, or any other thrown value as text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
