import { describe, expect, it } from 'vitest';
import { RequestKind } from './request-kind.ts';

const kindOf = (path: string) => new RequestKind({ method: 'PATCH', path });

describe('RequestKind', () => {
  it.each([
    ['/api/v1/namespaces/a/configmaps/b', '/api/v1/namespaces/a/configmaps', '/api/v1/configmaps'],
    ['/api/v1/namespaces/a/configmaps?limit=1', '/api/v1/namespaces/a/configmaps', '/api/v1/configmaps'],
    [
      '/apis/apps/v1/namespaces/a/deployments/b/scale?x=y',
      '/apis/apps/v1/namespaces/a/deployments/scale',
      '/apis/apps/v1/deployments/scale',
    ],
    ['/apis/apps/v1/namespaces/a/deployments/b', '/apis/apps/v1/namespaces/a/deployments', '/apis/apps/v1/deployments'],
    ['/apis/apps/v1/deployments', '/apis/apps/v1/deployments', '/apis/apps/v1/deployments'],
    ['/api/v1/namespaces/a', '/api/v1/namespaces', '/api/v1/namespaces'],
    ['/api/v1/namespaces', '/api/v1/namespaces', '/api/v1/namespaces'],
    ['/apis/x.io/v1/things/b', '/apis/x.io/v1/things', '/apis/x.io/v1/things'],
    ['/apis/x.io/v1/things/b/status', '/apis/x.io/v1/things/status', '/apis/x.io/v1/things/status'],
    ['/readyz', '/readyz', '/readyz'],
  ])('of %s has a collection and a kind', (path, collection, kind) => {
    expect(kindOf(path)).toMatchObject({ collection: `PATCH ${collection}`, kind: `PATCH ${kind}` });
  });

  it('identifies each creation by the name of its object', () => {
    const create = (name: string) =>
      new RequestKind({ method: 'POST', path: '/api/v1/namespaces/a/configmaps', body: { metadata: { name } } }).identity;
    expect(create('a')).toBe(create('a'));
    expect(create('a')).not.toBe(create('b'));
  });

  it('identifies a change by its object, whatever is changed', () => {
    const change = (body: object) =>
      new RequestKind({ method: 'PATCH', path: '/api/v1/namespaces/a/configmaps/b?force=true', body }).identity;
    expect(change({ metadata: { name: 'b' } })).toBe(change({ data: {} }));
  });
});
