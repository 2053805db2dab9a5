import { describe, expect, it } from 'vitest';
import { readyStore } from '../../test/fixtures/bot-modules.ts';
import type { Secret } from '../resource-types/kubernetes.ts';
import { ApiError } from '../controller/errors.ts';
import { SecretValues } from '../secrets/secret-values.ts';
import { secretNames, storeLocation, storeProblem } from './store-access.ts';

const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'bots' } };
const references = { secrets: new Map([['keys', secret]]), caConfigMap: undefined };
const withPrefix = (prefix: string) => storeProblem({ ...readyStore, spec: { ...readyStore.spec, prefix } }, references);

describe('a store from before its prefix was checked', () => {
  it.each(['a/../b', 'a//b', '.'])('is not used with the prefix %s', (prefix) => {
    expect(withPrefix(prefix)).toMatchObject({ reason: 'InvalidSpec', message: expect.stringContaining(`spec.prefix "${prefix}" has `) });
  });

  it.each(['', '/', '/team/a/', 'a.b'])('is used with the prefix %j', (prefix) => {
    expect(withPrefix(prefix)).toBeUndefined();
  });
});

describe('a store whose Secret cannot be read', () => {
  const refusedWith = (code: number, reason: string) => {
    const read = () => Promise.reject(new ApiError(`secrets "keys": ${reason}`, { code, reason }));
    const writer = { read } as unknown as Parameters<typeof storeLocation>[2]['writer'];
    const known = new Map(
      secretNames(readyStore).map((name) => [name, { ...secret, metadata: { ...secret.metadata, name, uid: name, resourceVersion: '1' } }]),
    );
    return storeLocation(
      readyStore,
      { secrets: known, caConfigMap: undefined },
      { writer, signal: new AbortController().signal, secrets: new SecretValues() },
    );
  };

  it.each([
    [403, 'Forbidden', 'denied'],
    [400, 'BadRequest', 'rejected'],
  ])('is reported when the API server refuses that with %i', async (code, reason, kind) => {
    const message = `its address and credentials could not be read: secrets "keys": ${reason}`;
    await expect(refusedWith(code, reason)).rejects.toMatchObject({ name: 'StoreError', kind, message });
  });

  it.each([408, 409, 429, 500, 502, 503, 504])('is tried again, without a report, after %i', async (code) => {
    await expect(refusedWith(code, 'x')).rejects.toMatchObject({ name: 'ApiError', code });
  });
});
