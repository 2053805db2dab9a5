import { describe, expect, it } from 'vitest';
import { ConfigCheck } from './config-check.ts';

const keys = (count: number, last = '') => Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('') + last;

/** Collects the background work of a check, so that a test can wait for it. */
function background() {
  const begun: Promise<void>[] = [];
  return {
    begun,
    context: { inBackground: (work: (signal: AbortSignal) => Promise<void>) => void begun.push(work(new AbortController().signal)) },
  };
}

describe('ConfigCheck', () => {
  it('checks short texts synchronously', () => {
    const { context, begun } = background();
    const check = new ConfigCheck();
    expect(check.of({}, context)).toEqual({ problem: undefined });
    expect(check.of({ moduleConfig: 'greeting: hi' }, context)).toEqual({ problem: undefined });
    expect(check.of({ moduleConfig: 'a: 1\na: 2' }, context)).toEqual({
      problem:
        'is not valid YAML: line 2, column 1 (`a: …`): the key is already in this mapping; to fix it, remove or rename one of the two',
    });
    expect(begun).toEqual([]);
  });

  it('remembers the verdict on a spec', () => {
    const { context } = background();
    const check = new ConfigCheck();
    const spec = { moduleConfig: 'a: 1' };
    expect(check.of(spec, context)).toBe(check.of(spec, context));
    expect(check.of({ moduleConfig: 'a: 1\na: 2' }, context)).not.toEqual(check.of(spec, context));
  });

  it('checks each long text once in a thread, and remembers the verdict', async () => {
    const { context, begun } = background();
    const check = new ConfigCheck();
    const [good, bad] = [keys(8_000), keys(8_000, 'k5: 2\n')];
    expect(check.of({ moduleConfig: good }, context)).toBe('being checked');
    expect(check.of({ moduleConfig: bad }, context)).toBe('being checked');
    await Promise.all(begun);
    expect(check.of({ moduleConfig: good }, context)).toEqual({ problem: undefined });
    expect(check.of({ moduleConfig: bad }, context)).toEqual({
      problem: expect.stringContaining('is not valid YAML: line 8001, column 1 (`k5: …`): the key is already in this mapping') as string,
    });
    expect(begun).toHaveLength(2);
  });

  it('rejects texts that are too long without parsing them', () => {
    const { context, begun } = background();
    expect(new ConfigCheck().of({ moduleConfig: 'ä'.repeat(131_073) }, context)).toEqual({
      problem: expect.stringContaining('has 262146 bytes, and at most 262144 are allowed') as string,
    });
    expect(begun).toEqual([]);
  });
});
