import type { BotModule, BotModuleStatus } from '@eeveebot/crds';
import { conditionOf } from '../../controller/objects/status.ts';
import { hasExtraProblems, type ModuleOutcome } from './outcome.ts';

/**
 * Whether a status is the first one of a module that runs, and only says that its pods are being started. When many modules are created at
 * once, all of them start first, and most need no such status.
 */
export const isFirstProgress = ({ status: known }: BotModule, outcome: ModuleOutcome, status: BotModuleStatus): boolean =>
  known?.conditions === undefined && conditionOf(status, 'Reconciling')?.status === 'True' && !hasTrouble(outcome);

/** Whether something was refused or held back, or needs another try. */
const hasTrouble = (outcome: ModuleOutcome): boolean =>
  [outcome.rejection, outcome.refusal, outcome.held, outcome.volume?.retryAfterMs].some((trouble) => trouble !== undefined) ||
  hasExtraProblems(outcome);
