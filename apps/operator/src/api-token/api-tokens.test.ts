import { describe, expect, it } from 'vitest';
import { ApiTokens } from './api-tokens.ts';

describe('tokens of the HTTP API', () => {
  const tokens = new ApiTokens('correct horse');

  it('are valid everywhere if they are the operator’s own', () => {
    expect(tokens.scopeOf('correct horse')).toEqual({ namespace: undefined });
    expect(new ApiTokens('with.a.dot').scopeOf('with.a.dot')).toEqual({ namespace: undefined });
  });

  it('are valid for one namespace if they were derived for it', () => {
    const chat = tokens.forNamespace('chat') ?? '';
    expect(chat).toMatch(/^chat\.[0-9a-f]{64}$/);
    expect(tokens.scopeOf(chat)).toEqual({ namespace: 'chat' });
    expect(tokens.scopeOf(chat.replace('chat', 'other'))).toBeUndefined();
    expect(tokens.forNamespace('chat')).toBe(new ApiTokens('correct horse').forNamespace('chat'));
  });

  it.each(['', '.', 'correct', 'correct horse ', 'chat.', '.0', `chat.${'0'.repeat(64)}`, 'CORRECT HORSE'])(
    '%j is good for nothing',
    (token) => {
      expect(tokens.scopeOf(token)).toBeUndefined();
    },
  );

  it('become invalid when the operator’s own changes', () => {
    expect(new ApiTokens('another').scopeOf(tokens.forNamespace('chat') ?? '')).toBeUndefined();
  });

  it.each([undefined, '', ' \n'])('are not valid while the operator’s own is %j', (own) => {
    const none = new ApiTokens(own);
    expect(none.forNamespace('chat')).toBeUndefined();
    for (const token of ['', 'undefined', tokens.forNamespace('chat') ?? '']) expect(none.scopeOf(token)).toBeUndefined();
    expect(new ApiTokens('secret\n').scopeOf('secret')).toEqual({ namespace: undefined });
  });
});
