import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runSteps, type Step, type StepResult } from './steps.ts';

const PASSED: StepResult = { passed: 1, failed: 0, skipped: 0 };

describe('runSteps', () => {
  const happened: string[] = [];
  let lines: string[] = [];

  beforeEach(() => {
    lines = [];
    happened.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** A step that ends when `until` resolves. */
  const step = (name: string, more: Partial<Step> & { readonly until?: Promise<unknown> } = {}): Step => ({
    name,
    programs: 'units',
    async prepare() {
      happened.push(`prepare ${name}`);
    },
    async run() {
      happened.push(`run ${name}`);
      await more.until;
      happened.push(`end ${name}`);
      return PASSED;
    },
    ...more,
  });

  it('runs steps one after the other', async () => {
    const { passed, rows } = await runSteps([step('a'), step('b')]);
    expect(happened).toEqual(['prepare a', 'run a', 'end a', 'prepare b', 'run b', 'end b']);
    expect([passed, rows.map(({ name }) => name)]).toEqual([2, ['a', 'b']]);
  });

  it('runs concurrent lists at the same time, after everything that they need is prepared', async () => {
    const released = Promise.withResolvers<void>();
    const last = step('c', { run: async () => released.resolve() ?? PASSED });
    const { rows } = await runSteps([{ concurrent: [[step('a', { until: released.promise })], [step('b'), last]] }, step('d')]);
    expect(happened.slice(0, 6)).toEqual(['prepare a', 'prepare b', 'prepare c', 'run a', 'run b', 'end b']);
    expect(happened.slice(6)).toEqual(['end a', 'prepare d', 'run d', 'end d']);
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does not run a step that has an obstacle, and runs the others', async () => {
    const blocked = step('a', { obstacle: async () => 'no root' });
    const { passed, skipped, notRun } = await runSteps([{ concurrent: [[blocked, step('b')], [step('c')]] }]);
    expect({ passed, skipped, notRun }).toEqual({ passed: 2, skipped: 1, notRun: ['a: no root'] });
    expect(happened).not.toContain('run a');
  });

  it('shows the output of a step only if it fails', async () => {
    const result = (failed: number): Promise<StepResult> =>
      Promise.resolve({ passed: 0, failed, skipped: 0, output: `${failed} failed\n` });
    await runSteps([{ concurrent: [[step('a', { run: () => result(0) })], [step('b', { run: () => result(1) })]] }]);
    expect(lines.filter((line) => !/^[ab] /.test(line))).toEqual(['1 failed']);
    expect(lines.find((line) => line.startsWith('b'))).toContain('FAILED');
  });
});
