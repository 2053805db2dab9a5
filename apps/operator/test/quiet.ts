/** Waits until a count has not moved for a second. */
export async function quiet(count: () => Promise<number>): Promise<void> {
  let last = -1;
  let since = performance.now();
  while (performance.now() - since < 1_000) {
    const now = await count();
    if (now !== last) {
      last = now;
      since = performance.now();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
