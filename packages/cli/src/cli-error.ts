/** Exit codes, from sysexits.h where it has one. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Bad arguments (EX_USAGE). */
  usage: 64,
  /** A file, folder or resource that was named does not exist (EX_NOINPUT). */
  noInput: 66,
  /** A required program or server is not available (EX_UNAVAILABLE). */
  unavailable: 69,
  /** The user lacks a permission (EX_NOPERM). */
  denied: 77,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure that the user can fix: only its message is shown. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  /** @param message the value that was found, and the fix. */
  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
