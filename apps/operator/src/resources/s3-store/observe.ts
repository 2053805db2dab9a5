import type { S3Store } from '@eeveebot/crds';
import type { CacheReader } from '../../controller/cache/cache-reader.ts';
import type { ObjectKey } from '../../controller/objects/object-key.ts';
import { S3_STORE } from '../../resource-types/kinds.ts';
import { storeReferences, type StoreReferences } from '../../stores/store-access.ts';

/** An S3Store and the objects that it references, as last observed. */
export interface ObservedStore {
  readonly store: S3Store;
  readonly references: StoreReferences;
}

/** Reads all objects that affect an S3Store from the cache, without a request. `undefined` when it is gone. */
export function observeStore(key: ObjectKey, cache: CacheReader): ObservedStore | undefined {
  const store = cache.store(S3_STORE).get(key);
  return store === undefined ? undefined : { store, references: storeReferences(store, cache) };
}
