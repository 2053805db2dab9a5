import { expect, it } from 'vitest';
import { configMapValue, SecretValues } from './secret-values.ts';

const signal = new AbortController().signal;
const data = { token: Buffer.from('mine').toString('base64') };

it.each(['constructor', 'toString', 'valueOf', '__proto__', 'hasOwnProperty'])('a Secret without the key %s has no value there', (key) => {
  const metadata = { name: 'mine', namespace: 'bots', uid: 'uid-mine', resourceVersion: '1' };
  const values = new SecretValues().remember({ apiVersion: 'v1', kind: 'Secret', metadata, data });
  expect(values['token']).toBe('mine');
  expect(values[key]).toBeUndefined();
});

it.each(['constructor', 'toString', '__proto__'])('a ConfigMap without the key %s has no value there', async (key) => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' }, data: { 'ca.crt': 'PEM' } };
  const writer = { read: (() => Promise.resolve(configMap)) as never };
  expect(await configMapValue({ namespace: 'bots', name: 'mine' }, 'ca.crt', { writer, signal })).toBe('PEM');
  expect(await configMapValue({ namespace: 'bots', name: 'mine' }, key, { writer, signal })).toBeUndefined();
});
