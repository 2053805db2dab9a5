import { eventually } from '@eeveebot/testing';
import type { RunningOperator } from './running-operator.ts';

/** Waits until the operator is idle and `count` has reached `atLeast` and is the same twice in a row. */
export async function quiet(operator: RunningOperator, count: () => Promise<number>, atLeast = 0): Promise<void> {
  let before = -1;
  await eventually(
    async () => {
      await operator.idle();
      const now = await count();
      const isSame = now === before && now >= atLeast;
      before = now;
      return isSame;
    },
    { what: `the operator to be idle after ${atLeast} or more`, intervalMs: 1_000 },
  );
}
