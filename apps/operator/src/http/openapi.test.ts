import { describe, expect, it } from 'vitest';
import { OPENAPI_DOCUMENT } from './openapi.ts';

describe('the OpenAPI document', () => {
  it('equals the one in docs/reference', async () => {
    await expect(`${JSON.stringify(OPENAPI_DOCUMENT, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/reference/openapi.json');
  });

  it('has no dangling references', () => {
    const text = JSON.stringify(OPENAPI_DOCUMENT);
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(OPENAPI_DOCUMENT.components.schemas).toHaveProperty(name ?? '');
  });
});
