import type { ProseException } from './findings.ts';

/** Findings that stay. Each one identifies a line by words in it, because line numbers change. */
export const PROSE_EXCEPTIONS: readonly ProseException[] = [
  { file: 'bench/operator/run.ts', words: 'alone', reason: 'an option of the bench is called --alone' },
];
