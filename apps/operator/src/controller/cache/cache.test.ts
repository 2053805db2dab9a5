import { describe, expect, it } from 'vitest';
import type { Log } from '../../telemetry/log.ts';
import { NotSyncedError } from '../errors.ts';
import type { KubeObject, ObjectMeta } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { Cache } from './cache.ts';
import { ObjectStore } from './object-store.ts';

const CONFIG_MAP: ResourceType<ConfigMap> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const SECRET: ResourceType = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', metadataOnly: true };

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

class RecordingLog implements Log {
  readonly errors: string[] = [];
  debug(): void {}
  info(): void {}
  warn(): void {}
  error(message: string): void {
    this.errors.push(message);
  }
}

function configMap(version: number, given: Partial<ObjectMeta> & { readonly value?: string } = {}): ConfigMap {
  const { value = `v${version}`, ...metadata } = given;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'bots', name: 'a', uid: 'uid-a', resourceVersion: String(version), ...metadata },
    data: { value },
  };
}

const key = { namespace: 'bots', name: 'a' };

function newStore(type: ResourceType = CONFIG_MAP) {
  const log = new RecordingLog();
  const store = new ObjectStore(type, log);
  const changes: string[] = [];
  const versionOf = (object: KubeObject | undefined): string => object?.metadata.resourceVersion ?? '-';
  store.onChange((before, after) => changes.push(`${versionOf(before)}>${versionOf(after)}`));
  return { store, changes, log };
}

function list(store: ObjectStore, objects: readonly KubeObject[], version: number): void {
  const relist = store.relist();
  relist.page(objects, String(version));
  relist.end(String(version));
}

describe('ObjectStore', () => {
  it('reports new, changed and deleted objects', () => {
    const { store, changes } = newStore();
    store.set(configMap(1));
    store.set(configMap(2));
    store.delete(configMap(3));
    expect(changes).toEqual(['->1', '1>2', '2>-']);
    expect(store.get(key)).toBeUndefined();
  });

  it('ignores older versions, compared as numbers', () => {
    const { store, changes } = newStore();
    store.set(configMap(10));
    store.set(configMap(9));
    store.set(configMap(10));
    expect(store.get(key)?.metadata.resourceVersion).toBe('10');
    expect(changes).toEqual(['->10']);
  });

  it('shows the response to a write immediately, and ignores the same version from the watch', () => {
    const { store, changes } = newStore();
    store.set(configMap(1));
    store.assume(configMap(5));
    store.set(configMap(4));
    store.set(configMap(5));
    expect(changes).toEqual(['->1', '1>5']);
  });

  it('awaits the event of each write once, unless it arrived before the response', () => {
    const { store } = newStore();
    const written = store.assume(configMap(5));
    expect(written).toBeDefined();
    expect(store.takeAwaited('5')).toBe(written);
    expect(store.takeAwaited('5')).toBeUndefined();
    store.set(configMap(6));
    expect(store.assume(configMap(6))).toBeDefined();
    expect(store.takeAwaited('6')).toBeUndefined();
  });

  it('awaits no event from before a list', () => {
    const { store } = newStore();
    store.assume(configMap(5));
    list(store, [configMap(5)], 8);
    expect(store.takeAwaited('5')).toBeUndefined();
  });

  it('does not restore a deleted object when the response to a write arrives late', () => {
    const { store } = newStore();
    store.set(configMap(1));
    store.delete(configMap(3));
    store.assume(configMap(2));
    expect(store.get(key)).toBeUndefined();
    store.assume(configMap(7, { uid: 'uid-new' }));
    expect(store.get(key)?.metadata.uid).toBe('uid-new');
  });

  it('keeps a re-created object when the deletion of the previous one of the same name arrives late', () => {
    const { store } = newStore();
    store.set(configMap(5, { uid: 'uid-new' }));
    store.delete(configMap(4));
    expect(store.get(key)?.metadata.uid).toBe('uid-new');
  });

  it('removes and reports objects that are missing from a new list', () => {
    const { store, changes } = newStore();
    list(store, [configMap(1), configMap(2, { name: 'b', uid: 'uid-b' })], 3);
    changes.length = 0;
    list(store, [configMap(2, { name: 'b', uid: 'uid-b' })], 8);
    expect(changes).toEqual(['1>-']);
    expect(store.list()).toHaveLength(1);
  });

  it('keeps objects that were written after the list was made', () => {
    const { store } = newStore();
    list(store, [], 3);
    const relist = store.relist();
    store.assume(configMap(9));
    relist.page([], '8');
    relist.end('8');
    expect(store.get(key)?.metadata.resourceVersion).toBe('9');
  });

  it('adds a list page by page', () => {
    const { store } = newStore();
    const relist = store.relist();
    relist.page([configMap(1)], '5');
    expect(store.isSynced).toBe(false);
    relist.page([configMap(2, { name: 'b', uid: 'uid-b' })], '5');
    relist.end('5');
    expect(store.isSynced).toBe(true);
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
  });

  it('follows an API server whose data was restored to an older state', () => {
    const { store } = newStore();
    list(store, [configMap(50), configMap(51, { name: 'b', uid: 'uid-b' })], 60);
    list(store, [configMap(20)], 30);
    expect(store.get(key)?.metadata.resourceVersion).toBe('20');
    expect(store.list()).toHaveLength(1);
    store.set(configMap(31));
    expect(store.get(key)?.metadata.resourceVersion).toBe('31');
  });

  it('returns frozen objects', () => {
    const { store } = newStore();
    store.set(configMap(1));
    const held: { data?: Record<string, string> } = { ...store.of(CONFIG_MAP).get(key) };
    expect(() => Object.assign(held.data ?? {}, { value: 'changed' })).toThrow(TypeError);
  });

  it('adds the missing kind to items of a list', () => {
    const { store } = newStore();
    const { apiVersion: _, kind: __, ...bare } = configMap(1);
    store.set(bare as KubeObject);
    expect(store.get(key)).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('caches no values of a metadata-only type, not even from responses to writes', () => {
    const { store } = newStore(SECRET);
    store.assume({ ...configMap(1), kind: 'Secret' });
    expect(store.get(key)).toEqual({ apiVersion: 'v1', kind: 'Secret', metadata: configMap(1).metadata });
  });

  it('keeps only the applies of the operator from managedFields, and drops the annotation of kubectl', () => {
    const { store } = newStore();
    const own = {
      manager: 'eevee-operator',
      operation: 'Apply',
      fieldsV1: { 'f:data': { 'f:value': {} }, 'f:metadata': { 'f:labels': {} } },
    };
    store.set(
      configMap(1, {
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{…}', mine: 'yes' },
        managedFields: [
          { manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:data': {} } },
          own,
          { manager: 'eevee-operator', operation: 'Apply', subresource: 'status', fieldsV1: { 'f:status': {} } },
        ],
      }),
    );
    expect(store.get(key)?.metadata.managedFields).toEqual([own]);
    expect(store.get(key)?.metadata.annotations).toEqual({ mine: 'yes' });
  });

  it('stores field sets that objects share only once', () => {
    const { store } = newStore();
    const managedFields = () => [{ manager: 'eevee-operator', operation: 'Apply', fieldsV1: { 'f:data': { 'f:value': {} } } }];
    store.set(configMap(1, { managedFields: managedFields() }));
    store.set(configMap(2, { name: 'b', uid: 'uid-b', managedFields: managedFields() }));
    const [a, b] = store.list().map(({ metadata }) => metadata.managedFields?.[0]?.fieldsV1?.['f:data']);
    expect(a).toBeDefined();
    expect(a).toBe(b);
  });

  it('caches the parts that the type selects', () => {
    const { store } = newStore({ ...CONFIG_MAP, cached: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }) });
    store.set(configMap(1));
    expect(store.get(key)).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: configMap(1).metadata });
  });

  it('finds objects by controlling owner and by index, in their current state', () => {
    const { store } = newStore();
    const owned = (uid: string) => ({ ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid, controller: true }] });
    store.addIndexes({ value: (object: ConfigMap) => Object.values(object.data ?? {}) });
    store.set(configMap(1, { ...owned('owner-1'), value: 'red' }));
    expect(store.ownedBy('owner-1')).toHaveLength(1);
    expect(store.byIndex('value', 'red')).toHaveLength(1);
    store.set(configMap(2, { ...owned('owner-2'), value: 'blue' }));
    expect([store.ownedBy('owner-1'), store.byIndex('value', 'red')]).toEqual([[], []]);
    expect([store.ownedBy('owner-2'), store.byIndex('value', 'blue')].map(({ length }) => length)).toEqual([1, 1]);
    store.delete(configMap(3));
    expect([store.ownedBy('owner-2'), store.byIndex('value', 'blue')]).toEqual([[], []]);
  });

  it('rejects an index that is not declared, and one that is declared twice', () => {
    const { store } = newStore();
    expect(() => store.byIndex('value', 'red')).toThrow(/no index value/);
    store.addIndexes({ value: () => [] });
    expect(() => store.addIndexes({ value: () => [] })).toThrow(/two indexes named value/);
  });

  it('keeps an object for which an index function throws, and logs it', () => {
    const { store, log } = newStore();
    store.addIndexes({
      broken: () => {
        throw new Error('no');
      },
    });
    store.set(configMap(1));
    expect(store.get(key)).toBeDefined();
    expect(log.errors).toEqual(['cannot index an object']);
  });
});

describe('Cache', () => {
  it('refuses to read before everything has been listed', () => {
    const cache = new Cache(new RecordingLog());
    const store = cache.ensureStore(CONFIG_MAP);
    expect(() => cache.complete.store(CONFIG_MAP)).toThrow(NotSyncedError);
    list(store, [configMap(1)], 1);
    expect(cache.complete.store(CONFIG_MAP).get(key)?.data).toEqual({ value: 'v1' });
  });

  it('rejects a type that no controller watches', () => {
    const cache = new Cache(new RecordingLog());
    expect(() => cache.store(SECRET)).toThrow(/No controller watches Secret/);
  });

  it('separates types that differ in selector or in their cached parts', () => {
    const cache = new Cache(new RecordingLog());
    const stores = [CONFIG_MAP, { ...CONFIG_MAP, labelSelector: 'a=b' }, { ...CONFIG_MAP, metadataOnly: true }].map((type) =>
      cache.ensureStore(type),
    );
    expect(new Set(stores).size).toBe(3);
  });
});

describe('the number of changes', () => {
  it('grows with each change of an object, and only then', () => {
    const cache = new Cache(new RecordingLog());
    const store = cache.ensureStore(CONFIG_MAP);
    const counts = [cache.changes];
    const count = (change: () => void) => (change(), counts.push(cache.complete.changes));
    count(() => store.relist().end('1'));
    count(() => store.set(configMap(2)));
    count(() => store.set(configMap(2)));
    count(() => cache.assume(CONFIG_MAP, configMap(3)));
    count(() => store.get(key));
    count(() => store.delete(configMap(3)));
    count(() => store.setUnavailable(undefined, 'not installed'));
    expect(counts).toEqual([0, 0, 1, 1, 2, 2, 3, 4]);
  });
});
