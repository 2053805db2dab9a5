import type { Action, Disturbance } from './actions.ts';
import type { SimulatedOperator } from './simulated-operator.ts';

const KINDS: Readonly<Record<Disturbance['do'], true>> = {
  ...{ operator: true, 'second-operator': true, 'kill-at-write': true, refuse: true },
  ...{ outage: true, 'expire-watches': true, clock: true, lag: true },
};

/** Whether an action concerns the operator itself. */
export const isDisturbance = (action: Action): action is Disturbance => Object.hasOwn(KINDS, action.do);

/** Disturbs the operator, its connection or its machine. */
export async function disturb(action: Disturbance, operator: SimulatedOperator): Promise<void> {
  switch (action.do) {
    case 'operator':
      return {
        kill: () => operator.killAndStart(),
        terminate: () => operator.terminateAndStart(),
        freeze: () => operator.freeze(),
        'freeze-long': () => operator.freeze(true),
      }[action.how]();
    case 'second-operator':
      return operator.startSecond();
    case 'kill-at-write':
      return operator.killAtWrite(action.writes);
    case 'refuse':
      return operator.api.refuse(action.resource, action);
    case 'outage':
      return operator.api.outage(action.ms);
    case 'expire-watches':
      return operator.api.expireWatches();
    case 'clock':
      return operator.setClock(action.offsetS);
    case 'lag':
      return operator.api.lag(action.resource, action.ms);
  }
}
