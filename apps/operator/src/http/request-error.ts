/** Why a request cannot be carried out, for whoever sent it. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** HTTP status code of the answer. */
  readonly status: number;
  /** What to do about it, or what exactly is wrong. */
  readonly details: string | undefined;

  constructor(status: number, message: string, details?: string) {
    super(message);
    this.status = status;
    this.details = details;
  }
}
