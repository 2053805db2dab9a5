import { describe, expect, it } from 'vitest';
import type { FieldSet, KubeObject } from '../objects/kube-object.ts';
import { contentChecksum, marked, wouldChange } from './difference.ts';

const desired = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'echo', namespace: 'bots', labels: { app: 'echo' } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'echo' } },
    template: {
      spec: {
        volumes: [{ name: 'tmp', emptyDir: {} }],
        containers: [
          {
            name: 'module',
            image: 'echo:1',
            args: ['a', 'b'],
            env: [{ name: 'EMPTY', value: '' }],
            ports: [{ name: 'http', containerPort: 9000 }],
            resources: { limits: { cpu: '1000m' } },
          },
        ],
      },
    },
  },
};

/** Response of kube-apiserver 1.37 to an apply of the above. */
const granted: FieldSet = {
  'f:metadata': { 'f:annotations': { 'f:eevee.bot/applied': {} }, 'f:labels': { 'f:app': {} } },
  'f:spec': {
    'f:replicas': {},
    'f:selector': {},
    'f:template': {
      'f:spec': {
        'f:volumes': { 'k:{"name":"tmp"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
        'f:containers': {
          'k:{"name":"module"}': {
            '.': {},
            'f:name': {},
            'f:image': {},
            'f:args': {},
            'f:env': { 'k:{"name":"EMPTY"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
            'f:ports': { 'k:{"containerPort":9000,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:name': {} } },
            'f:resources': { 'f:limits': { 'f:cpu': {} } },
          },
        },
      },
    },
  },
};

const mark = 'mark-1';

const observedWith = (fieldsV1: FieldSet, annotations: Record<string, string> = { 'eevee.bot/applied': mark }): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'echo', namespace: 'bots', annotations, managedFields: [{ manager: 'eevee-operator', operation: 'Apply', fieldsV1 }] },
});

/** The field set without the field at `path`: its state after another client has taken over or removed the field. */
function without(fields: FieldSet, ...path: readonly string[]): FieldSet {
  const [first = '', ...rest] = path;
  const { [first]: inner, ...others } = fields;
  const left = rest.length === 0 ? {} : without(inner ?? {}, ...rest);
  return Object.keys(left).length === 0 ? others : { ...others, [first]: left };
}

const container = ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"module"}'];

describe('wouldChange', () => {
  it('is false while all applied fields are still owned', () => {
    expect(wouldChange({ desired, mark, observed: observedWith(granted) })).toBe(false);
  });

  it('is true when there is no object', () => {
    expect(wouldChange({ desired, mark, observed: undefined })).toBe(true);
  });

  it('is true when something else was applied last: a field may have been removed', () => {
    expect(wouldChange({ desired, mark: 'mark-2', observed: observedWith(granted) })).toBe(true);
    expect(wouldChange({ desired, mark, observed: observedWith(granted, {}) })).toBe(true);
  });

  it('is true for an object that the operator never applied, or whose managedFields were removed', () => {
    const { managedFields: _, ...metadata } = observedWith(granted).metadata;
    expect(wouldChange({ desired, mark, observed: { ...observedWith(granted), metadata } })).toBe(true);
  });

  it('does not confuse the fields of a status with those of the object', () => {
    const observed = observedWith(granted);
    const [entry] = observed.metadata.managedFields ?? [];
    const metadata = { ...observed.metadata, managedFields: [{ ...entry, subresource: 'status' }] };
    expect(wouldChange({ desired, mark, observed: { ...observed, metadata } })).toBe(true);
  });

  it.each([
    ['a label', ['f:metadata', 'f:labels', 'f:app']],
    ['all labels', ['f:metadata', 'f:labels']],
    ['replicas, though they are 0', ['f:spec', 'f:replicas']],
    ['the image', [...container, 'f:image']],
    ['a list that is owned as a whole', [...container, 'f:args']],
    ['an empty value', [...container, 'f:env', 'k:{"name":"EMPTY"}', 'f:value']],
    ['an element of a list', [...container, 'f:ports', 'k:{"containerPort":9000,"protocol":"TCP"}']],
    ['a quantity', [...container, 'f:resources', 'f:limits', 'f:cpu']],
    ['an empty volume', ['f:spec', 'f:template', 'f:spec', 'f:volumes', 'k:{"name":"tmp"}', 'f:emptyDir']],
    ['everything', ['f:spec']],
  ])('is true when another client took over %s', (_, path) => {
    expect(wouldChange({ desired, mark, observed: observedWith(without(granted, ...path)) })).toBe(true);
  });

  it('is false when other managers own additional fields', () => {
    const observed = observedWith(granted);
    const managedFields = [
      ...(observed.metadata.managedFields ?? []),
      { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': {} } },
    ];
    expect(wouldChange({ desired, mark, observed: { ...observed, metadata: { ...observed.metadata, managedFields } } })).toBe(false);
  });

  it('does not ask again for fields that the server did not grant', () => {
    const less = without(granted, 'f:spec', 'f:replicas');
    expect(wouldChange({ desired, mark, observed: observedWith(less), settled: less })).toBe(false);
    const evenLess = without(less, 'f:metadata', 'f:labels');
    expect(wouldChange({ desired, mark, observed: observedWith(evenLess), settled: less })).toBe(true);
  });

  it('does not need ownership of fields that are not stated', () => {
    const partly = { ...desired, spec: { ...desired.spec, paused: undefined, strategy: null } };
    expect(wouldChange({ desired: partly, mark, observed: observedWith(granted) })).toBe(false);
  });

  it('distinguishes elements of a set of scalars', () => {
    const withFinalizers = (finalizers: readonly string[]) => ({ metadata: { name: 'x', namespace: 'y', finalizers } });
    const observed = observedWith({ 'f:metadata': { 'f:finalizers': { '.': {}, 'v:"a"': {} } } });
    expect(wouldChange({ desired: withFinalizers(['a']), mark, observed })).toBe(false);
    expect(wouldChange({ desired: withFinalizers(['a', 'b']), mark, observed })).toBe(true);
  });
});

describe('contentChecksum', () => {
  it('does not depend on the order of keys, nor on undefined fields', () => {
    expect(contentChecksum({ a: { x: 1, y: [1, 2] }, b: 2 })).toBe(contentChecksum({ b: 2, c: undefined, a: { y: [1, 2], x: 1 } }));
  });

  it('depends on the order of lists, on types and on emptiness', () => {
    const checksums = [{ a: [1, 2] }, { a: [2, 1] }, { a: ['1', '2'] }, { a: [] }, { a: {} }, {}].map(contentChecksum);
    expect(new Set(checksums).size).toBe(checksums.length);
  });
});

describe('marked', () => {
  it('adds the mark to the existing annotations', () => {
    const { metadata } = marked({ metadata: { annotations: { a: 'b' } } }, mark);
    expect(metadata.annotations).toEqual({ a: 'b', 'eevee.bot/applied': mark });
  });
});
