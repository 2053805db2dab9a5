import { describe, expect, it } from 'vitest';
import { repeatedAnswer, throwingAnswers, thrown, withThen } from '../test/thenables.ts';
import { pendingOf } from './promises.ts';

describe('the answer of a handler', () => {
  it.each([[undefined], [null], ['text'], [0], [{}], [[]], [withThen({}, 'later')], [() => {}]])('%j is not awaited', (answer) => {
    expect(pendingOf(answer)).toBeUndefined();
  });

  it('is awaited when it is a promise or another thenable', async () => {
    expect(await pendingOf(Promise.resolve(1))).toBe(1);
    expect(await pendingOf(withThen({}, (resolve: (value: number) => void) => resolve(2)))).toBe(2);
    expect(
      await pendingOf(
        withThen(
          () => {},
          (resolve: (value: number) => void) => resolve(3),
        ),
      ),
    ).toBe(3);
  });

  it.each(throwingAnswers)('%s is a failure of the handler', async (_which, answer) => {
    await expect(pendingOf(answer)).rejects.toBe(thrown);
  });

  it('counts once when it calls back twice', async () => {
    expect(await pendingOf(repeatedAnswer)).toBe('first');
  });
});
