import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Gives back the memory of everything that is no longer used. V8 by itself waits until buffers of 64 MiB have come together, which is
 * good while there is room for them. Takes some 10 ms.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    // The function is there in contexts that are made after the flag is set.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}
