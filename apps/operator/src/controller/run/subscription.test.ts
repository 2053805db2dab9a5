import { describe, expect, it } from 'vitest';
import type { Log } from '../../telemetry/log.ts';
import { Cache } from '../cache/cache.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import type { ResourceType } from '../objects/resource-type.ts';
import { defineWatch } from './definition.ts';
import { subscribe } from './subscription.ts';

interface Gadget extends KubeObject {
  readonly status?: { readonly phase?: string; readonly seenAt?: number };
}

const WIDGET: ResourceType = { apiVersion: 'example.org/v1', kind: 'Widget', plural: 'widgets' };
const GADGET: ResourceType<Gadget> = {
  apiVersion: 'example.org/v1',
  kind: 'Gadget',
  plural: 'gadgets',
  cached: ({ status, ...rest }) => ({ ...rest, ...(status?.phase !== undefined && { status: { phase: status.phase } }) }),
};
const SECRET: ResourceType = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', metadataOnly: true };

const silent = () => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

function world() {
  const cache = new Cache(log);
  const keys: string[] = [];
  const keysFor = () => [{ namespace: 'bots', name: 'echo' }];
  const watches = [defineWatch({ type: GADGET, keysFor }), defineWatch({ type: SECRET, keysFor })];
  const definition = { name: 'widget', type: WIDGET, watches, reconcile: async () => undefined };
  subscribe(definition, { cache, log }, (key) => keys.push(key));
  const set = (type: ResourceType, version: number, rest: object = {}) => {
    const { apiVersion, kind } = type;
    const metadata = { namespace: 'bots', name: 'echo', uid: kind, resourceVersion: String(version) };
    cache.ensureStore(type).set({ apiVersion, kind, metadata, ...rest });
    return keys.splice(0).length;
  };
  return { set };
}

describe('a change of an object', () => {
  it('queues the resources that it affects', () => {
    const { set } = world();
    expect(set(GADGET, 1, { status: { phase: 'Pending' } })).toBe(1);
    expect(set(GADGET, 2, { status: { phase: 'Running' } })).toBe(1);
  });

  it('queues nothing if only fields have changed that are not cached', () => {
    const { set } = world();
    set(GADGET, 1, { status: { phase: 'Running', seenAt: 1 } });
    expect(set(GADGET, 2, { status: { phase: 'Running', seenAt: 2 } })).toBe(0);
    expect(set(GADGET, 3, { status: {} })).toBe(1);
  });

  it('queues resources even if nothing else has changed, when its content is not cached', () => {
    const { set } = world();
    expect([set(SECRET, 1), set(SECRET, 2)]).toEqual([1, 1]);
  });

  it('always queues the resource itself, because its status may have been refused for its version', () => {
    const { set } = world();
    expect([set(WIDGET, 1), set(WIDGET, 2)]).toEqual([1, 1]);
  });
});
