import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { SecretError, secretReader } from './secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'eevee-secrets-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('reads a secret from a variable, a file, or the configuration itself', () => {
  writeFileSync(join(folder, 'password'), 'from a file\n');
  const read = secretReader({ PASSWORD: 'from the environment' });
  expect(read({ env: 'PASSWORD' }, 'x')).toBe('from the environment');
  expect(read({ file: join(folder, 'password') }, 'x')).toBe('from a file');
  expect(read({ value: 'plain' }, 'x')).toBe('plain');
});

it('names the setting and the source of a missing secret, and never the value', () => {
  const read = secretReader({ EMPTY: '', LINES: 'my-secret\nQUIT' });
  expect(() => read({ env: 'MISSING' }, 'connections[0].sasl.password')).toThrow(
    'connections[0].sasl.password: the environment variable MISSING is not set or empty',
  );
  expect(() => read({ env: 'EMPTY' }, 'x')).toThrow(SecretError);
  expect(() => read({ file: join(folder, 'none') }, 'x')).toThrow('x: cannot read the file');
  expect(() => read({ env: 'LINES' }, 'x')).toThrow('x: the environment variable LINES must contain one line');
});
