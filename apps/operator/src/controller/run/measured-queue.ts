import type { ControllerEnvironment } from './environment.ts';
import { WorkQueue } from './workqueue.ts';

/** Creates the work queue of a controller, with its metrics. */
export function measuredQueue(name: string, { metrics, clock }: Pick<ControllerEnvironment, 'metrics' | 'clock'>): WorkQueue {
  const labels = { name, controller: name };
  return new WorkQueue({
    clock,
    metrics: {
      added: () => metrics.queueAdds.inc(labels),
      retried: () => metrics.queueRetries.inc(labels),
      waited: (seconds) => metrics.queueWaitSeconds.observe(labels, seconds),
      worked: (seconds) => metrics.queueWorkSeconds.observe(labels, seconds),
    },
  });
}
