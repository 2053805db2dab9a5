import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/fixtures/fake-clock.ts';
import { BackgroundAnswers, type Question } from './background-answers.ts';

function world() {
  const clock = new FakeClock();
  const begun: Promise<void>[] = [];
  const signal = new AbortController().signal;
  const context = { clock, inBackground: (work: (signal: AbortSignal) => Promise<void>) => void begun.push(work(signal)) };
  const asked: string[] = [];
  let reply: () => Promise<string> = async () => 'yes';
  const question = (fingerprint: string): Question<string> => ({
    fingerprint,
    standsMs: ({ failures }) => (failures === 0 ? 60_000 : 2_000 * 2 ** (failures - 1)),
    isGood: (value) => value === 'yes',
    ask: () => {
      asked.push(fingerprint);
      return reply();
    },
  });
  const answers = new BackgroundAnswers<string>();
  const known = (fingerprint = 'a', uid = 'one') => {
    const { answer, standsForMs } = answers.of(uid, question(fingerprint), context);
    return [answer?.value, standsForMs];
  };
  return { clock, begun, asked, known, answers, replies: (next: () => Promise<string>) => void (reply = next) };
}

describe('BackgroundAnswers', () => {
  it('ask once, and keep the answer while it is valid', async () => {
    const { clock, begun, asked, known } = world();
    expect(known()).toEqual([undefined, undefined]);
    expect(known()).toEqual([undefined, undefined]);
    await Promise.all(begun);
    expect(known()).toEqual(['yes', 60_000]);
    clock.advance(59_000);
    expect(known()).toEqual(['yes', 1_000]);
    clock.advance(1_000);
    // The old answer stays valid until the new one arrives.
    expect(known()).toEqual(['yes', undefined]);
    await Promise.all(begun);
    expect(known()).toEqual(['yes', 60_000]);
    expect(asked).toEqual(['a', 'a']);
  });

  it('do not depend on changes to the time of day', async () => {
    const { clock, begun, known } = world();
    known();
    await Promise.all(begun);
    clock.set(86_400_000);
    expect(known()).toEqual(['yes', 60_000]);
    clock.set(-172_800_000);
    expect(known()).toEqual(['yes', 60_000]);
  });

  it('retry seconds after a bad answer, and wait longer after each', async () => {
    const { clock, begun, known, replies } = world();
    replies(async () => 'no');
    for (const waitMs of [2_000, 4_000, 8_000]) {
      known();
      await Promise.all(begun);
      expect(known()).toEqual(['no', waitMs]);
      clock.advance(waitMs);
    }
    replies(async () => 'yes');
    known();
    await Promise.all(begun);
    expect(known()).toEqual(['yes', 60_000]);
  });

  it('belong to one question: another is asked immediately, and the late answer to the first is dropped', async () => {
    const { begun, known, replies, asked } = world();
    const first = Promise.withResolvers<string>();
    replies(() => first.promise);
    known('a');
    replies(async () => 'yes');
    expect(known('b')).toEqual([undefined, undefined]);
    await begun[1];
    first.resolve('no');
    await begun[0];
    expect(known('b')).toEqual(['yes', 60_000]);
    expect(asked).toEqual(['a', 'b']);
  });

  it('retry after a failure, which is reported', async () => {
    const { begun, known, replies } = world();
    replies(() => Promise.reject(new Error('broken')));
    known();
    await expect(begun[0]).rejects.toThrow('broken');
    replies(async () => 'yes');
    known();
    await begun[1];
    expect(known()).toEqual(['yes', 60_000]);
  });
});
