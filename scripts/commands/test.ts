import { mkdirSync, rmSync } from 'node:fs';
import { binariesObstacle, ensureBinaries } from '../setup/build-binaries.ts';
import { ensureNodes } from '../setup/install-nodes.ts';
import { ensureNodeTools, wholeNodeObstacle } from '../setup/node-tools.ts';
import type { Command } from './command.ts';
import { LINT_STEPS } from './lint-steps.ts';
import { programStep, row, runSteps, type Step, type StepResult } from './steps.ts';
import { RESULTS_FOLDER, vitest } from './vitest-step.ts';

/** Charts and examples are tests of the integration project; here they have a line of their own. */
const CHARTS = ['charts/test/', 'examples/test/'];
const NOT_CHARTS = CHARTS.flatMap((folder) => ['--exclude', `${folder}**`]);

/** `test`, or one size of it: `test unit`, `test integration`, `test e2e`; further arguments go to vitest. */
export const test: Command = async (args) => {
  const [size = '', ...rest] = args;
  const steps = stepsOf(size, rest);
  if (steps === undefined) {
    console.error('usage: npm test, or npm run test:unit | test:integration | test:e2e [-- arguments of vitest]');
    return 64;
  }
  rmSync(RESULTS_FOLDER, { recursive: true, force: true });
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const { passed, failed, skipped, notRun, rows } = await runSteps(steps);

  console.log('\nsummary');
  for (const each of rows) console.log(`  ${row(each)}`);
  if (notRun.length > 0) console.log(`\nnot run on this machine\n${notRun.map((each) => `  ${each}`).join('\n')}`);
  // Where a whole run is expected, what could not run is no success.
  const incomplete = isTrue(process.env['CI']) && skipped > 0;
  if (incomplete) console.log('\nCI is set: tests that were not run count as a failure');
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || incomplete ? 1 : 0;
};

function stepsOf(size: string, rest: readonly string[]): readonly Step[] | undefined {
  switch (size) {
    case '':
      return everything();
    case 'unit':
      return [vitest('unit', { project: 'unit', args: rest })];
    case 'integration':
      return [withServers(vitest('integration', { project: 'integration', args: rest }))];
    case 'e2e':
      return [withNode(vitest('e2e', { project: 'e2e', args: rest }))];
    default:
      return undefined;
  }
}

function everything(): readonly Step[] {
  return [
    programStep('types', 'turbo', ['run', 'typecheck', '--output-logs=errors-only', '--no-update-notifier']),
    // No workspaces, so turbo does not know them.
    programStep('script types', 'tsc', ['-p', 'scripts/tsconfig.json']),
    programStep('chart types', 'tsc', ['-p', 'charts/tsconfig.json']),
    programStep('bench types', 'tsc', ['-p', 'bench/tsconfig.json']),
    ...LINT_STEPS,
    vitest('units', { project: 'unit' }),
    withServers(vitest('integration', { project: 'integration', args: NOT_CHARTS })),
    withNode(vitest('e2e', { project: 'e2e' })),
    withServers(vitest('charts', { project: 'integration', args: CHARTS })),
  ];
}

/** Needs the pinned binaries, and the older versions of Node.js where there are any. */
function withServers(step: Step): Step {
  return prepared(step, {
    obstacle: binariesObstacle,
    async prepare() {
      await ensureNodes();
      await ensureBinaries();
    },
  });
}

/** Needs them, root, namespaces and some Debian packages. */
function withNode(step: Step): Step {
  return prepared(step, {
    obstacle: async () => (await wholeNodeObstacle()) ?? binariesObstacle(),
    async prepare() {
      await ensureNodeTools({ tests: true });
      await ensureBinaries();
    },
  });
}

function prepared(step: Step, { obstacle, prepare }: { obstacle: () => Promise<string | undefined>; prepare: () => Promise<void> }): Step {
  return {
    name: step.name,
    async prepare() {
      const reason = await obstacle();
      if (reason !== undefined) return { passed: 0, failed: 0, skipped: 1, notRun: [reason] } satisfies StepResult;
      await prepare();
      return undefined;
    },
    run: () => step.run(),
  };
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
