/** Advice of Node about a certificate, which does not apply to a module in a pod. */
const ADVICE_OF_NODE = /; if the root CA is installed locally.*/s;

/**
 * Reason for a failure, on one line. Node's error for several refused addresses has an empty message, and its errors of TLS contain addresses
 * and source files.
 *
 * @example
 * reasonOf(new Error('ECONNREFUSED')); // 'ECONNREFUSED'
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return reasonOf(error.errors[0]);
  const cause = error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
  return `${messageOf(error)}${cause}`;
}

function messageOf(error: Error & { readonly code?: unknown; readonly reason?: unknown }): string {
  const { name, message, code, reason } = error;
  const [, kind] = /^ERR_(O?SSL)_/.exec(String(code)) ?? [];
  if (kind !== undefined && typeof reason === 'string' && reason !== '') return kind === 'SSL' ? `TLS: ${reason}` : reason;
  return message === '' ? name : message.replace(ADVICE_OF_NODE, '');
}
