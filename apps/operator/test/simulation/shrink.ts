/**
 * The shortest part of `items`, in order, that still fails, as far as removing one run of items after the other finds it (delta debugging).
 *
 * @param fails plays a part.
 * @param mayGoOn limits the number of calls of `fails`.
 * @see https://www.debuggingbook.org/html/DeltaDebugger.html
 * @example
 * await shrink([1, 2, 3, 4], { fails: async (part) => part.includes(2) && part.includes(4), mayGoOn: () => true }); // [2, 4]
 */
export async function shrink<T>(
  items: readonly T[],
  { fails, mayGoOn }: { readonly fails: (part: readonly T[]) => Promise<boolean>; readonly mayGoOn: () => boolean },
): Promise<readonly T[]> {
  let shortest = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < shortest.length && mayGoOn();) {
      const part = [...shortest.slice(0, start), ...shortest.slice(start + size)];
      if (part.length < shortest.length && (await fails(part))) shortest = part;
      else start += size;
    }
  }
  return shortest;
}
