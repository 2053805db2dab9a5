import { boundedLabel } from '../metrics/bounded-labels.ts';
import { errorCounter } from '../metrics/registry.ts';

/** Counts an error of a client in `errors_total`; `module` is the client's name. */
export function countNatsError(
  module: string,
  { type, operation }: { readonly type: string; readonly operation: string },
  times = 1,
): void {
  errorCounter.inc({ module, type, operation: boundedLabel('operation', operation) }, times);
}
