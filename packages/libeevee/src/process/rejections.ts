import { asError } from '../log/error-fields.ts';
import { log } from '../log/log.ts';
import { errorCounter } from '../metrics/registry.ts';

/**
 * Logs and counts rejected promises that nothing handles (`errors_total{type="unhandled_rejection"}`), with which Node.js would end the
 * process: one handler that starts something without awaiting it would drop the messages that all others wait for.
 *
 * @param module `module` label of the count.
 * @returns a function that ends it.
 */
export function surviveRejections(module: string): () => void {
  const rejected = (reason: unknown): void => {
    errorCounter.inc({ module, type: 'unhandled_rejection', operation: 'promise' });
    log.error('a promise was rejected, and nothing awaits or catches it', { producer: module, error: asError(reason) });
  };
  process.on('unhandledRejection', rejected);
  return () => void process.off('unhandledRejection', rejected);
}
