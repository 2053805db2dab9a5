import { expect, it } from 'vitest';
import { BoundedLabel } from './router-metrics.ts';

it('keeps 200 distinct values of a label, and reports further ones as other', () => {
  const label = new BoundedLabel();
  const values = Array.from({ length: 300 }, (_, number) => label.of(`p${number}`));
  expect([values[199], values[200], label.of('p0'), new Set(values).size]).toEqual(['p199', 'other', 'p0', 201]);
});
