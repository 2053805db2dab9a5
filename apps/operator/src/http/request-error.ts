/** Why a request cannot be carried out, as a message for the client. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** HTTP status code of the response. */
  readonly status: number;
  /** The fix, or the exact problem. */
  readonly details: string | undefined;

  constructor(status: number, message: string, details?: string) {
    super(message);
    this.status = status;
    this.details = details;
  }
}
