import { describe, expect, it } from 'vitest';
import { hasAllFields } from './present-fields.ts';

const desired = {
  metadata: { labels: { app: 'a', part: 'b' } },
  spec: {
    replicas: 0,
    paused: false,
    template: {
      containers: [{ name: 'module', env: [{ name: 'EMPTY', value: '' }], resources: { limits: { cpu: '1000m' } }, args: ['x'] }],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    },
  },
};
const container = { name: 'module', env: [{ name: 'EMPTY' }], resources: { limits: { cpu: '1' } }, args: ['x'] };
const stored = (more: { labels?: object; containers?: readonly object[]; volumes?: readonly object[] } = {}) => {
  const {
    labels = { app: 'a', part: 'other', more: 'c' },
    containers = [{ name: 'sidecar' }, container],
    volumes = [{ name: 'tmp' }],
  } = more;
  return { metadata: { labels }, spec: { template: { containers, volumes } } };
};

describe('hasAllFields', () => {
  it('ignores values, further fields, the order of named elements, and empty values that are not stored', () => {
    expect(hasAllFields(stored(), desired)).toBe(true);
  });

  it('finds elements that share a name, such as the mounts of a volume', () => {
    const [whole, part] = [
      { name: 'cache', mountPath: '/cache' },
      { name: 'cache', mountPath: '/logs', subPath: 'logs' },
    ];
    expect(hasAllFields({ volumeMounts: [whole, part] }, { volumeMounts: [whole, part] })).toBe(true);
    expect(hasAllFields({ volumeMounts: [whole, whole] }, { volumeMounts: [whole, part] })).toBe(false);
  });

  it('takes no longer for a list of thousands than its length suggests', () => {
    let reads = 0;
    const variable = (index: number) => ({
      get name() {
        reads++;
        return `VARIABLE_${index}`;
      },
    });
    const env = Array.from({ length: 2_000 }, (_, index) => variable(index));
    expect(hasAllFields({ env }, { env: [...env].toReversed() })).toBe(true);
    expect(reads).toBeLessThan(50_000);
  });

  it.each([
    ['a label', { labels: { app: 'a' } }],
    ['a named element', { containers: [{ name: 'sidecar' }, { name: 'other' }] }],
    ['a list', { volumes: undefined as never, containers: [{ ...container, args: undefined }] }],
    ['an element of a list', { containers: [{ ...container, args: [] }] }],
    ['a nested field', { containers: [{ ...container, resources: {} }] }],
    ['a variable', { containers: [{ ...container, env: [] }] }],
  ])('notices a dropped field: %s', (_, more) => {
    expect(hasAllFields(stored(more), desired)).toBe(false);
  });
});
