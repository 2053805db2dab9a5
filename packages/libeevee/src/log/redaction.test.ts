import { describe, expect, it } from 'vitest';
import { isSecretName, withoutUrlCredentials } from './redaction.ts';

describe('isSecretName', () => {
  it.each(['password', 'natsToken', 'API_KEY', 'apiKey', 'client-secret', 'Authorization', 'nkeySeed', 'set-cookie', 'credentials'])(
    'knows %s',
    (name) => expect(isSecretName(name)).toBe(true),
  );

  it.each(['channel', 'key', 'tokenFile', 'secretName', 'tokenCount', 'passage', 'producer'])('lets %s through', (name) =>
    expect(isSecretName(name)).toBe(false),
  );
});

describe('withoutUrlCredentials', () => {
  it('leaves the rest of a text unchanged', () => {
    expect(withoutUrlCredentials('nats://me:word@a:4222, tls://tok@b and https://c/d@e')).toBe(
      'nats://…@a:4222, tls://…@b and https://c/d@e',
    );
  });
});
