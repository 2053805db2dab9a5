import type { ProseException } from './findings.ts';

/** Findings that stay. Each one names a line by its words, since line numbers move. */
export const PROSE_EXCEPTIONS: readonly ProseException[] = [
  { file: 'bench/operator/run.ts', words: 'alone', reason: 'an option of the bench is called --alone' },
];
