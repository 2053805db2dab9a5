import { programStep, type Step } from './steps.ts';

export const LINT_STEPS: readonly Step[] = [
  programStep('rules', 'oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
  programStep('format', 'oxfmt', ['--check']),
  programStep('dead code', 'knip', ['--no-progress']),
];
