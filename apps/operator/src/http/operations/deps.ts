import type { ObjectStores } from '../../stores/object-stores.ts';
import type { VolumeLocks } from '../../backup-jobs/volume-lock.ts';
import type { Client } from '../../controller/client.ts';
import type { CacheReader, Clock, EventRecorder, Writer } from '../../controller/types.ts';
import type { SecretValues } from '../../secret-values.ts';

/** Dependencies of operations. The cache must be one that refuses to be read before it is complete. */
export interface OperationMeans {
  readonly client: Pick<Client, 'get' | 'patch'>;
  readonly writer: Pick<Writer, 'apply' | 'read'>;
  readonly cache: CacheReader;
  readonly clock: Pick<Clock, 'now'>;
  readonly events: EventRecorder;
  readonly objectStores: Pick<ObjectStores, 'backups'>;
  readonly secrets: SecretValues;
  /** Shared with the reconcilers: a backup is not started while a restore begins. */
  readonly volumeLocks: VolumeLocks;
}
