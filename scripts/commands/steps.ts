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

/** A step that has ended. */
interface Row {
  readonly name: string;
  readonly result: StepResult;
  readonly seconds: number;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: readonly string[];
  readonly rows: readonly Row[];
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

/**
 * Lists of steps. The lists run at the same time, the steps of a list one after the other: while one waits for its servers, the others use the
 * processors.
 */
export interface ConcurrentSteps {
  readonly concurrent: readonly (readonly Step[])[];
}

/** Runs the steps one after the other and prints a line for each; the output of a step is shown only if it fails. */
export async function runSteps(steps: readonly (Step | ConcurrentSteps)[]): Promise<Summary> {
  const rows: Row[] = [];
  for (const step of steps) rows.push(...(await runLists('concurrent' in step ? step.concurrent : [[step]])));
  const sum = (pick: (result: StepResult) => number) => rows.reduce((total, { result }) => total + pick(result), 0);
  return {
    passed: sum((result) => result.passed),
    failed: sum((result) => result.failed),
    skipped: sum((result) => result.skipped),
    notRun: rows.flatMap(({ name, result }) => (result.notRun ?? []).map((reason) => `${name}: ${reason}`)),
    rows,
  };
}

async function runLists(lists: readonly (readonly Step[])[]): Promise<readonly Row[]> {
  // One after the other: an installation locks the packages of the system, and shows its progress.
  const notReady = new Map<Step, StepResult>();
  for (const step of lists.flat()) {
    const result = await prepare(step);
    if (result !== undefined) notReady.set(step, result);
  }
  const running = new Set<string>();
  const waiting = showWaiting(running);
  const runOne = async (step: Step): Promise<Row> => {
    const started = performance.now();
    running.add(step.name);
    const result = notReady.get(step) ?? (await step.run());
    running.delete(step.name);
    const done = { name: step.name, result, seconds: (performance.now() - started) / 1000 };
    waiting.clear();
    if (result.failed > 0 && result.output) console.log(result.output.trimEnd());
    console.log(row(done));
    return done;
  };
  const runList = async (steps: readonly Step[]): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    for (const step of steps) rows.push(await runOne(step));
    return rows;
  };
  return Promise.all(lists.map(runList))
    .then((rows) => rows.flat())
    .finally(() => waiting.stop());
}

/** Installs and sets up what a step needs. @returns the result of a step that cannot run. */
async function prepare(step: Step): Promise<StepResult | undefined> {
  try {
    const obstacle = (await step.obstacle?.()) ?? programsObstacle(step.programs);
    if (obstacle !== undefined) return { passed: 0, failed: 0, skipped: 1, notRun: [obstacle] };
    ensurePrograms(step.programs);
    await step.prepare?.();
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return { passed: 0, failed: 1, skipped: 0, output: error.message };
  }
}

/** One line of the table. */
export function row({ name, result, seconds }: Row): string {
  const state = result.failed > 0 ? 'FAILED' : result.passed === 0 && result.skipped > 0 ? 'not run' : 'ok';
  const parts = [`${result.passed} passed`, `${result.failed} failed`, `${result.skipped} skipped`];
  return `${name.padEnd(12)} ${state.padEnd(8)} ${`${seconds.toFixed(1)} s`.padStart(8)}   ${parts.join(', ')}`;
}

/** Shows which steps are running: on a terminal a line that counts the seconds, otherwise one line per minute. */
function showWaiting(names: ReadonlySet<string>): { clear(): void; stop(): void } {
  const started = performance.now();
  const line = () => `${[...names].join(', ')} … ${Math.round((performance.now() - started) / 1000)} s`;
  const { isTTY } = process.stdout;
  const timer = isTTY ? setInterval(() => process.stdout.write(`\r\x1b[2K${line()}`), 200) : setInterval(() => console.log(line()), 60_000);
  const clear = (): void => {
    if (isTTY) process.stdout.write('\r\x1b[2K');
  };
  return {
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}
