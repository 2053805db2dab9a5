import { programStep, type Step } from './steps.ts';

export const LINT_STEPS: readonly Step[] = [
  programStep('rules', 'lint', ['oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
  programStep('format', 'lint', ['oxfmt', '--check']),
  programStep('prose', 'lint', ['node', 'scripts/prose/check.ts']),
  programStep('dead code', 'lint', ['knip', '--no-progress']),
];
