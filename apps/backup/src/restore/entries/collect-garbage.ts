import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Runs a full garbage collection, which takes about 10 ms. V8 on its own waits until 64 MiB of buffers have accumulated, which exceeds the
 * memory limit once the entry tables are large.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    // The function exists only in contexts created after the flag was set.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
