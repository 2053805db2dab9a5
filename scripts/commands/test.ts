import { mkdirSync, rmSync } from 'node:fs';
import { binariesObstacle, ensureBinaries } from '../setup/build-binaries.ts';
import { ensureNodes } from '../setup/install-nodes.ts';
import { ensureNpmRegistry } from '../setup/install-tools.ts';
import { wholeNodeObstacle } from '../setup/whole-node.ts';
import type { Command } from './command.ts';
import { LINT_STEPS } from './lint-steps.ts';
import { type ConcurrentSteps, programStep, row, runSteps, type Step } from './steps.ts';
import { RESULTS_FOLDER, vitest } from './vitest-step.ts';
import { WORKFLOW_STEP } from './workflow-step.ts';

/** Charts are tests of the integration project; here they have a line of their own. */
const CHARTS = ['charts/test/'];
/** Everything else: the project has an `exclude` of its own, so vitest ignores that option here. */
const NOT_CHARTS = ['packages/', 'apps/', 'scripts/test/', 'examples/test/'];

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
  // A complete run is expected in CI, so skipped tests are a failure.
  const incomplete = isTrue(process.env['CI']) && skipped > 0;
  if (incomplete) console.log('\nCI is set: tests that were not run count as a failure');
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || incomplete ? 1 : 0;
};

function stepsOf(size: string, rest: readonly string[]): readonly (Step | ConcurrentSteps)[] | undefined {
  switch (size) {
    case '':
      return everything();
    case 'unit':
      return [vitest('unit', { project: 'unit*', programs: 'units', args: rest })];
    case 'integration':
      if (rest.length === 0) return integration();
      return [withServers(vitest('integration', { project: 'integration', programs: 'integration', args: rest }))];
    case 'e2e':
      return [withNode(vitest('e2e', { project: 'e2e', programs: 'e2e', args: rest }))];
    default:
      return undefined;
  }
}

function everything(): readonly (Step | ConcurrentSteps)[] {
  const [rest, charts] = integration();
  return [
    programStep('types', 'types', ['turbo', 'run', 'typecheck', '--output-logs=errors-only', '--no-update-notifier']),
    // No workspaces, so turbo does not know them.
    programStep('script types', 'types', ['tsc', '-p', 'scripts/tsconfig.json']),
    programStep('chart types', 'types', ['tsc', '-p', 'charts/tsconfig.json']),
    programStep('bench types', 'types', ['tsc', '-p', 'bench/tsconfig.json']),
    programStep('example types', 'types', ['tsc', '-p', 'examples/test/tsconfig.json']),
    ...LINT_STEPS,
    WORKFLOW_STEP,
    vitest('units', { project: 'unit*', programs: 'units' }),
    { concurrent: [[rest], [withNode(vitest('e2e', { project: 'e2e', programs: 'e2e' })), charts]] },
  ];
}

/** The integration project in two steps: the tests of charts need programs that the rest does not. */
function integration(): readonly [rest: Step, charts: Step] {
  return [
    withServers(vitest('integration', { project: 'integration', programs: 'integration', args: NOT_CHARTS })),
    withServers(vitest('charts', { project: 'integration', programs: 'charts', args: CHARTS })),
  ];
}

/** Needs the pinned servers, the npm registry, and the older versions of Node.js where there are any. */
function withServers(step: Step): Step {
  return {
    ...step,
    obstacle: binariesObstacle,
    async prepare() {
      await ensureNodes();
      await ensureNpmRegistry();
      await ensureBinaries();
    },
  };
}

/** Needs the pinned servers, root and namespaces. */
function withNode(step: Step): Step {
  return { ...step, obstacle: async () => wholeNodeObstacle() ?? (await binariesObstacle()), prepare: ensureBinaries };
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}
