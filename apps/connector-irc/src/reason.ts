/**
 * Reason for a failure, on one line. Node's error for several refused addresses has an empty message.
 *
 * @example
 * reasonOf(new Error('ECONNREFUSED')); // 'ECONNREFUSED'
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message === '' ? error.name : error.message}${cause}`;
}
