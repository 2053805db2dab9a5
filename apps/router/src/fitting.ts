/** The first items whose JSON has at most `room` bytes together, separators included. */
export function fitting<Item>(items: readonly Item[], room: number): readonly Item[] {
  let bytes = 0;
  const end = items.findIndex((item) => (bytes += Buffer.byteLength(JSON.stringify(item)) + ','.length) > room);
  return end === -1 ? items : items.slice(0, end);
}

/** All items, in lists whose JSON has at most `room` bytes each; a single item may have more. */
export function* portions<Item>(items: readonly Item[], room: number): Generator<readonly Item[]> {
  for (let rest = items; rest.length > 0;) {
    const portion = rest.slice(0, Math.max(1, fitting(rest, room).length));
    yield portion;
    rest = rest.slice(portion.length);
  }
}
