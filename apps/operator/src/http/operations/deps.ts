import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { Client } from '../../controller/api/client.ts';
import type { EventRecorder } from '../../controller/api/events.ts';
import type { Writer } from '../../controller/apply/writer.ts';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { Clock } from '../../controller/clock.ts';
import type { SecretValues } from '../../secrets/secret-values.ts';
import type { ObjectStores } from '../../stores/object-stores.ts';

/** Dependencies of operations. The cache must be one that refuses to be read before it is complete. */
export interface OperationDeps {
  readonly client: Pick<Client, 'get' | 'patch'>;
  readonly writer: Pick<Writer, 'create' | 'read'>;
  readonly cache: CacheReader;
  readonly clock: Pick<Clock, 'now'>;
  readonly events: EventRecorder;
  readonly objectStores: Pick<ObjectStores, 'backups'>;
  readonly secrets: SecretValues;
  /** Shared with the reconcilers: a backup is not started while a restore begins. */
  readonly volumeLocks: VolumeLocks;
}
