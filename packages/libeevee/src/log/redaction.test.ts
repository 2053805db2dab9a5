import { describe, expect, it } from 'vitest';
import { isSecretName, withoutUrlCredentials } from './redaction.ts';

describe('isSecretName', () => {
  it.each([
    'password',
    'natsToken',
    'API_KEY',
    'apiKey',
    'client-secret',
    'Authorization',
    'nkeySeed',
    'set-cookie',
    'credentials',
    'pass',
    'dbPass',
    'SMTP_PASS',
    'pwd',
    'auth',
    'jwt',
    'secretParams',
    'cookieItems',
    'tokenFormat',
    'signingKey',
  ])('recognizes %s', (name) => expect(isSecretName(name)).toBe(true));

  it.each(['channel', 'key', 'tokenFile', 'secretName', 'tokenCount', 'TOKEN_PATH', 'passage', 'compass', 'author', 'producer'])(
    'accepts %s',
    (name) => expect(isSecretName(name)).toBe(false),
  );

  it('gives the same answer again, also after many other names', () => {
    for (let n = 0; n < 5_000; n++) {
      expect([isSecretName(`field${n}`), isSecretName(`token_${n}`)]).toEqual([false, true]);
    }
    expect([isSecretName('field0'), isSecretName('token_0'), isSecretName('channel')]).toEqual([false, true, false]);
  });
});

describe('withoutUrlCredentials', () => {
  it('removes secrets from query parameters', () => {
    expect(withoutUrlCredentials('GET https://a.org/x?token=word&q=1&api_key=word#top, then ?token=word')).toBe(
      'GET https://a.org/x?token=…&q=1&api_key=…#top, then ?token=…',
    );
  });

  it('leaves the rest of a text unchanged', () => {
    expect(withoutUrlCredentials('nats://me:word@a:4222, tls://tok@b and https://c/d@e')).toBe(
      'nats://…@a:4222, tls://…@b and https://c/d@e',
    );
  });
});
