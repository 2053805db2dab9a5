import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PacedLines } from './paced-lines.ts';
import { Slices } from './slices.ts';

/** Lines each of which takes `lineMs` to process. */
function world({ lineMs, failsAt }: { readonly lineMs: number; readonly failsAt?: string }) {
  const seen = { lines: [] as string[], flow: [] as string[], errors: [] as unknown[] };
  let nowMs = 0;
  const lines = new PacedLines({
    slices: new Slices(() => nowMs),
    onLine(line) {
      if (line === failsAt) throw new Error(`cannot take ${line}`);
      seen.lines.push(line);
      nowMs += lineMs;
    },
    onError: (error) => void seen.errors.push(error),
  });
  const flow = { pause: () => void seen.flow.push('pause'), resume: () => void seen.flow.push('resume') };
  return { ...seen, push: (text: string) => lines.push(Buffer.from(text), flow), lines: seen.lines, paced: lines };
}

describe('PacedLines', () => {
  it('passes on short lines at once', () => {
    const { push, lines, flow } = world({ lineMs: 1 });
    push('a\nb\nc\n');
    expect([lines, flow]).toEqual([['a', 'b', 'c'], []]);
  });

  it('passes on slow lines in several turns, in order, while the stream is paused', async () => {
    const { push, lines, flow, paced } = world({ lineMs: 3 });
    push('a\nb\nc\nd\ne');
    expect([lines, flow]).toEqual([['a', 'b'], ['pause']]);
    push('\nf\n');
    await nextTurn();
    expect(lines.length).toBeLessThan(6);
    await paced.drained();
    expect([lines, flow]).toEqual([
      ['a', 'b', 'c', 'd', 'e', 'f'],
      ['pause', 'resume'],
    ]);
  });

  it('reports an error, and drops the lines after it', async () => {
    const { push, lines, errors, paced } = world({ lineMs: 3, failsAt: 'c' });
    push('a\nb\nc\nd\n');
    await paced.drained();
    expect([lines, errors]).toEqual([['a', 'b'], [new Error('cannot take c')]]);
  });

  it('drops the lines of a stream that has failed', async () => {
    const { push, lines, paced } = world({ lineMs: 6 });
    push('a\nb\n');
    paced.clear();
    await paced.drained();
    expect(lines).toEqual(['a']);
  });
});
