/** Error numbers of Linux that Node.js has no names for, since libuv does not know them. @see errno(3) */
const NAMES: ReadonlyMap<number, string> = new Map([
  [37, 'ENOLCK'],
  [67, 'ENOLINK'],
  [74, 'EBADMSG'],
  [116, 'ESTALE'],
  [117, 'EUCLEAN'],
  [122, 'EDQUOT'],
]);

/** Texts of errors that Node.js has neither a name nor a text for. */
const TEXTS: Readonly<Record<string, string>> = {
  EBADMSG: 'the file system is damaged (bad message)',
  EDQUOT: 'disk quota exceeded',
  ENOLCK: 'no locks available',
  ENOLINK: 'the connection to the file server is cut',
  ESTALE: 'stale file handle',
  EUCLEAN: 'the file system is damaged (structure needs cleaning)',
};

/**
 * Name of an error of the operating system. Node.js names only the errors that libuv knows, and calls others, such as `EDQUOT`, `ESTALE` and
 * `ENOLCK`, "Unknown system error -122".
 *
 * @param code as Node.js gives it.
 * @see https://docs.libuv.org/en/v1.x/errors.html#error-constants
 * @example
 * systemErrorName('Unknown system error -122'); // 'EDQUOT'
 */
export const systemErrorName = (code: string): string =>
  code.replace(/^Unknown system error -(\d+)$/, (unknown, number) => NAMES.get(Number(number)) ?? unknown);

/** Code of an error of Node or of the operating system, such as `ENOENT`; undefined for any other value. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? systemErrorName(error.code) : undefined;

/**
 * Whether an error has one of these codes.
 *
 * @example
 * if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
 */
export const isErrno = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error) ?? '');

/** Message of an error, or any other thrown value as text. An error of the operating system has its name even if Node.js has none for it. */
export const messageOf = (error: unknown): string =>
  error instanceof Error
    ? error.message.replace(/Unknown system error -(\d+)(?:: Unknown system error -\1)?/g, (unknown, number) => {
        const name = NAMES.get(Number(number));
        return name === undefined ? unknown : `${name}: ${TEXTS[name] ?? 'error of the operating system'}`;
      })
    : String(error);
