import { describe, expect, it } from 'vitest';
import { EeveeError, reasonOf } from './errors.ts';

describe('reasonOf', () => {
  it('includes the whole cause chain', () => {
    expect(reasonOf(new Error('cannot connect', { cause: new Error('ECONNREFUSED') }))).toBe('cannot connect: ECONNREFUSED');
  });

  it('finds the reason behind an empty message', () => {
    const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:4222')], '');
    expect(reasonOf(refused)).toBe('connect ECONNREFUSED ::1:4222');
  });

  it('finds the cause in `chainedError` of the nats package', () => {
    const error = Object.assign(new Error('CONNECTION_REFUSED'), { chainedError: new Error('connect ECONNREFUSED 127.0.0.1:4222') });
    expect(reasonOf(error)).toBe('CONNECTION_REFUSED: connect ECONNREFUSED 127.0.0.1:4222');
  });

  it.each([
    [undefined, 'unknown error'],
    [null, 'unknown error'],
    ['text', 'text'],
    [{}, 'unknown error'],
  ])('returns a text for %j', (error, reason) => {
    expect(reasonOf(error)).toBe(reason);
  });
});

describe('EeveeError', () => {
  it('is identified by its code and keeps its cause', () => {
    const cause = new Error('why');
    const error = new EeveeError('EEVEE_NATS_CLOSED', 'closed', { cause });
    expect(error).toMatchObject({ name: 'EeveeError', code: 'EEVEE_NATS_CLOSED', cause });
  });
});
