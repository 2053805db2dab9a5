import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepName } from '../../packages/testing/setup/programs.ts';
import { captureProgram } from './command.ts';
import type { Step, StepResult } from './steps.ts';
import { isErrno } from '../../packages/testing/setup/error-facts.ts';

/** Where vitest's reports go. */
export const RESULTS_FOLDER = '.test-results';

/** The part of vitest's JSON report that is used. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** A run of one vitest project, counted from its own report. */
export function vitest(
  name: string,
  { project, programs, args = [] }: { project: string; programs: StepName; args?: readonly string[] },
): Step {
  return {
    name,
    programs,
    async run() {
      const report = join(RESULTS_FOLDER, `${name}.json`);
      const reporters = ['--reporter=minimal', '--reporter=json', `--outputFile.json=${report}`];
      const { code, output } = await captureProgram(programs, 'vitest', [
        'run',
        '--project',
        project,
        '--passWithNoTests',
        ...reporters,
        ...args,
      ]);
      return resultOf({ report: readReport(report), code, output });
    },
  };
}

function resultOf({ report, code, output }: { report: VitestReport | undefined; code: number; output: string }): StepResult {
  const tests = report?.testResults.flatMap((file) => file.assertionResults) ?? [];
  const count = (status: string) => tests.filter((each) => each.status === status).length;
  const passed = count('passed');
  // A file that cannot be loaded, or whose setup fails, contains no failed test.
  const broken =
    report?.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some((each) => each.status === 'failed')) ?? [];
  const failed = count('failed') + broken.length;
  const skipped = tests.filter((each) => each.status !== 'passed' && each.status !== 'failed');
  return {
    passed,
    // Unhandled errors and a crash of vitest itself are visible only in its exit code.
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: skipped.length,
    output,
    notRun: skipped.map((each) => `${each.fullName}: skipped in its file`),
  };
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
