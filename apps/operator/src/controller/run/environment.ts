import type { Log } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { EventRecorder } from '../api/events.ts';
import type { ApiWriter } from '../apply/api-writer.ts';
import type { Cache } from '../cache/cache.ts';
import type { Clock } from '../clock.ts';

/** Dependencies that all controllers share. */
export interface ControllerEnvironment {
  readonly cache: Cache;
  readonly writer: ApiWriter;
  readonly events: EventRecorder;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Whether this process may still write: checked before each write. */
  readonly mayWrite: () => boolean;
  /** Whether requests to the API server wait for each other: further reconciles at a time would only wait as well. */
  readonly isApiBusy: () => boolean;
  /**
   * Description of the other operator that works in a namespace, or may begin there. Its resources are then not reconciled here: checked
   * before each write, too.
   */
  readonly rivalIn: (namespace: string) => string | undefined;
}
