/**
 * Result of the first check that has one: a decision as an ordered list of small checks, of which the earlier take precedence.
 *
 * @example
 * firstVerdict([isDeleted, isInvalid, isBlocked], module) ?? { action: 'run' };
 */
export function firstVerdict<Input, Verdict>(
  checks: readonly ((input: Input) => Verdict | undefined)[],
  input: Input,
): Verdict | undefined {
  for (const check of checks) {
    const verdict = check(input);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}
