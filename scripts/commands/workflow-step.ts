import { findBinary } from '../../packages/testing/setup/binaries.ts';
import { findTool, ZIZMOR } from '../../packages/testing/setup/pinned-tools.ts';
import { binariesObstacle, ensureBinaries } from '../setup/build-binaries.ts';
import { ensureZizmor } from '../setup/install-tools.ts';
import { captureProgram } from './command.ts';
import type { Step } from './steps.ts';

/** Checks the workflows: actionlint for mistakes, zizmor for vulnerabilities. Neither uses the network. */
export const WORKFLOW_STEP: Step = {
  name: 'workflows',
  programs: 'workflows',
  obstacle: binariesObstacle,
  async prepare() {
    await ensureBinaries();
    await ensureZizmor();
  },
  async run() {
    const actionlint = findBinary('actionlint') ?? '';
    const zizmor = findTool(ZIZMOR) ?? '';
    const results = [
      // Shell and Python code is not checked: whether actionlint finds programs for that would depend on the machine.
      await captureProgram('workflows', actionlint, ['-shellcheck=', '-pyflakes=']),
      await captureProgram('workflows', zizmor, ['--offline', '--quiet', '--persona=pedantic', '--strict-collection', '.']),
    ];
    const failed = results.filter(({ code }) => code !== 0);
    return {
      passed: results.length - failed.length,
      failed: failed.length,
      skipped: 0,
      output: failed.map(({ output }) => output).join('\n'),
    };
  },
};
