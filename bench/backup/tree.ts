import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A reproducible generator of numbers from 0 to 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Fills a folder with typical files of bots: many small texts, logs and databases of some hundred kilobytes that compress by half,
 * incompressible pictures, and some large logs.
 */
export function makeMixedTree(folder: string, bytes: number): void {
  const random = seeded(7);
  const between = (least: number, most: number) => Math.floor(least + random() * (most - least));
  const words = Array.from({ length: 5_000 }, () =>
    Array.from({ length: between(2, 10) }, () => String.fromCharCode(between(97, 123))).join(''),
  );
  const text = Buffer.from(Array.from({ length: 600_000 }, () => words[between(0, words.length)]).join(' '));
  const excerpt = (length: number) => {
    const from = between(0, text.length - length);
    return text.subarray(from, from + length);
  };
  for (let [written, index] = [0, 0]; written < bytes; index++) {
    const kind = random();
    const content =
      kind < 0.7
        ? excerpt(between(200, 20_000))
        : kind < 0.95
          ? Buffer.concat([excerpt(between(20_000, 400_000)), randomBytes(between(2_000, 50_000))])
          : kind < 0.99
            ? randomBytes(between(100_000, 2_000_000))
            : Buffer.concat(Array.from({ length: between(1, 4) }, () => text));
    const directory = join(folder, `d${index % 200}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `f${index}`), content);
    written += content.length;
  }
}
