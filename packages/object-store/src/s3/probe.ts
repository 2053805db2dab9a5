import { defined } from '@eeveebot/contract';
import type { Store } from './store.ts';

/**
 * Lists one key of the bucket, once.
 *
 * @throws StoreError with the reason: name resolution, connection, TLS, timeout, permissions, bucket.
 */
export async function probe(store: Store, signal?: AbortSignal): Promise<void> {
  const prefix = store.location.prefix?.replace(/^\/+/, '') ?? '';
  for await (const _ of store.list(prefix, { pageSize: 1, ...defined({ signal }) })) return;
}
