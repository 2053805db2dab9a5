import type { Command } from './command.ts';
import { GENERATE_STEPS } from './generate-steps.ts';
import { runSteps } from './steps.ts';

/** Writes everything that is generated and committed: definitions, reference pages, files of the charts, the table of fences. */
export const generate: Command = async () => ((await runSteps(GENERATE_STEPS)).failed === 0 ? 0 : 1);
