import type { Command } from './command.ts';
import { runSteps } from './steps.ts';
import { LINT_STEPS } from './lint-steps.ts';

/** Rules (type-aware), formatting, prose, dead code. */
export const lint: Command = async () => ((await runSteps(LINT_STEPS)).failed === 0 ? 0 : 1);
