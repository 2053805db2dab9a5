import { describe, expect, it } from 'vitest';
import { readyStore } from '../../test/fixtures/bot-modules.ts';
import type { Secret } from '../resource-types/kubernetes.ts';
import { storeProblem } from './store-access.ts';

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
