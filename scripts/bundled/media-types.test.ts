import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import types from './media-types.json' with { type: 'json' };

test('media types are described as in the database of Express', () => {
  const express = createRequire(createRequire(new URL('../../apps/operator/package.json', import.meta.url)).resolve('express'));
  const database = createRequire(express.resolve('mime-types'))('mime-db') as Readonly<Record<string, unknown>>;
  for (const [type, described] of Object.entries(types)) expect({ [type]: described }).toEqual({ [type]: database[type] });
});
