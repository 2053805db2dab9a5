import { expect, it } from 'vitest';
import { ReportSums } from './report-sums.ts';

it('reports the first time at once, and further ones as a sum each second', () => {
  const due: (() => void)[] = [];
  const reported: string[] = [];
  const after = (_delayMs: number, run: () => void): (() => void) => {
    due.push(run);
    return () => void due.splice(due.indexOf(run), 1);
  };
  const sums = new ReportSums<'old' | 'many'>((times, kind) => void reported.push(`${times} ${kind}`), { now: () => 0, after });
  const second = (): void => due.splice(0).forEach((run) => run());
  for (let time = 0; time < 5; time++) sums.add(2, 'many');
  sums.add(1, 'old');
  expect(reported.splice(0)).toEqual(['2 many', '1 old']);
  second();
  expect(reported.splice(0)).toEqual(['8 many']);
  sums.add(3, 'many');
  sums.flush();
  expect(reported.splice(0)).toEqual(['3 many']);
  expect(due).toEqual([]);
  sums.add(1, 'many');
  expect(reported).toEqual(['1 many']);
});
