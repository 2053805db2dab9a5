/**
 * Runs `work` on each item, up to `limit` concurrently, and yields the results in the order of the items.
 *
 * @throws the first error, of the items or of the work.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { limit, work }: { readonly limit: number; readonly work: (item: Item) => Promise<Result> },
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // The error is thrown when the result is awaited; until then it must not count as unhandled.
    result.catch(() => undefined);
    underWay.push(result);
    if (underWay.length < limit) continue;
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of underWay) yield await result;
}
