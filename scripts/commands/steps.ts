import type { StepName } from '../../packages/testing/setup/programs.ts';
import { ensurePrograms, programsObstacle } from '../setup/install-programs.ts';
import { SetupError } from '../setup/setup-error.ts';
import { captureProgram } from './command.ts';

/** Result of a step in tests; a step other than a test run counts as one test. */
export interface StepResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Output, which is shown if the step failed. */
  readonly output?: string;
  /** Skipped tests, each with its reason. */
  readonly notRun?: readonly string[];
}

export interface Step {
  readonly name: string;
  /** Names the programs that its processes find; missing ones are installed before it runs. */
  readonly programs: StepName;
  /** Why the step cannot run on this machine; undefined when it can. */
  obstacle?(): Promise<string | undefined>;
  /** Sets up what the step needs besides its programs, showing its own progress. */
  prepare?(): Promise<void>;
  run(): Promise<StepResult>;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: readonly string[];
  readonly rows: readonly { readonly name: string; readonly result: StepResult; readonly seconds: number }[];
}

/** A step that passes when a program ends with code 0. */
export function programStep(name: string, programs: StepName, [command, ...args]: readonly [string, ...string[]]): Step {
  return {
    name,
    programs,
    async run() {
      const { code, output } = await captureProgram(programs, command, args);
      return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0, output };
    },
  };
}

/** Runs the steps one after the other and prints a line for each; the output of a step is shown only if it fails. */
export async function runSteps(steps: readonly Step[]): Promise<Summary> {
  const rows: { name: string; result: StepResult; seconds: number }[] = [];
  for (const step of steps) {
    const started = performance.now();
    const result = await resultOf(step);
    const seconds = (performance.now() - started) / 1000;
    rows.push({ name: step.name, result, seconds });
    if (result.failed > 0 && result.output) console.log(result.output.trimEnd());
    console.log(row({ name: step.name, result, seconds }));
  }
  const sum = (pick: (result: StepResult) => number) => rows.reduce((total, { result }) => total + pick(result), 0);
  return {
    passed: sum((result) => result.passed),
    failed: sum((result) => result.failed),
    skipped: sum((result) => result.skipped),
    notRun: rows.flatMap(({ name, result }) => (result.notRun ?? []).map((reason) => `${name}: ${reason}`)),
    rows,
  };
}

async function resultOf(step: Step): Promise<StepResult> {
  try {
    const obstacle = (await step.obstacle?.()) ?? programsObstacle(step.programs);
    if (obstacle !== undefined) return { passed: 0, failed: 0, skipped: 1, notRun: [obstacle] };
    ensurePrograms(step.programs);
    await step.prepare?.();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { passed: 0, failed: 1, skipped: 0, output: error.message };
  }
  const waiting = showWaiting(step.name);
  return step.run().finally(() => waiting.stop());
}

/** One line of the table. */
export function row({ name, result, seconds }: { name: string; result: StepResult; seconds: number }): string {
  const state = result.failed > 0 ? 'FAILED' : result.passed === 0 && result.skipped > 0 ? 'not run' : 'ok';
  const parts = [`${result.passed} passed`, `${result.failed} failed`, `${result.skipped} skipped`];
  return `${name.padEnd(12)} ${state.padEnd(8)} ${`${seconds.toFixed(1)} s`.padStart(8)}   ${parts.join(', ')}`;
}

/** Shows that the step is running: on a terminal a line that counts the seconds, otherwise one line per minute. */
function showWaiting(name: string): { stop(): void } {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  if (process.stdout.isTTY) {
    const timer = setInterval(() => process.stdout.write(`\r\x1b[2K${name} … ${seconds()} s`), 200);
    return {
      stop() {
        clearInterval(timer);
        process.stdout.write('\r\x1b[2K');
      },
    };
  }
  const timer = setInterval(() => console.log(`${name} … ${seconds()} s`), 60_000);
  return { stop: () => clearInterval(timer) };
}
