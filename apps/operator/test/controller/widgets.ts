import type { ControlPlane } from '@eeveebot/testing';
import type { Desired } from '../../src/controller/objects/desired.ts';
import type { KubeObject } from '../../src/controller/objects/kube-object.ts';
import type { ObjectKey } from '../../src/controller/objects/object-key.ts';
import type { ResourceType } from '../../src/controller/objects/resource-type.ts';
import { withCondition, type StatusCondition } from '../../src/controller/objects/status.ts';
import { type ControllerDefinition, type Reconcile, defineWatch } from '../../src/controller/run/definition.ts';

/** The kind of these tests: a value, from which a ConfigMap is made. */
export interface Widget extends KubeObject {
  readonly spec: { readonly value: string };
  readonly status?: { readonly conditions?: readonly StatusCondition[]; readonly value?: string };
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const WIDGET: ResourceType<Widget> = { apiVersion: 'test.example/v1', kind: 'Widget', plural: 'widgets' };
export const CONFIG_MAP: ResourceType<ConfigMap> = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' };

const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.test.example' },
  spec: {
    group: 'test.example',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { value: { type: 'string' } } },
              status: {
                type: 'object',
                properties: {
                  value: { type: 'string' },
                  conditions: { type: 'array', items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
                },
              },
            },
          },
        },
      },
    ],
  },
};

export async function defineWidgets(kube: ControlPlane): Promise<void> {
  await kube.apply(DEFINITION);
  await kube.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/widgets.test.example']);
}

/** A Widget as a user writes it. */
export const widget = ({ namespace, name }: ObjectKey, value: string): object => ({
  apiVersion: WIDGET.apiVersion,
  kind: WIDGET.kind,
  metadata: { namespace, name },
  spec: { value },
});

export function desiredConfigMap({ apiVersion, kind, metadata, spec }: Widget): Desired<ConfigMap> {
  const { name, namespace = '', uid = '' } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `made-for-${name}`,
      namespace,
      labels: { 'made-for': name },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
    },
    data: { value: spec.value },
  };
}

/** Keeps a ConfigMap equal to its Widget, and reports that in the status. */
export const reconcileWidget: Reconcile = async (key, { cache, writer, now, signal, events }) => {
  const found = cache.store(WIDGET).get(key);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return;
  const { outcome } = await writer.apply(CONFIG_MAP, desiredConfigMap(found), signal);
  if (outcome !== 'unchanged') events.record(found, { type: 'Normal', reason: 'Applied', message: `${outcome} the ConfigMap` });
  const conditions = withCondition(found.status?.conditions, { type: 'Ready', status: 'True', reason: 'Made', message: '' }, now);
  await writer.writeStatus(WIDGET, found, { value: found.spec.value, conditions }, signal);
};

/** The controller of Widgets, with a test's overrides. */
export function widgetController(given: Partial<ControllerDefinition<Widget>> = {}): ControllerDefinition<Widget> {
  return {
    name: 'widget',
    type: WIDGET,
    watches: [
      defineWatch({
        type: CONFIG_MAP,
        keysFor: ({ metadata }) => {
          const name = metadata.labels?.['made-for'];
          return name === undefined ? [] : [{ namespace: metadata.namespace ?? '', name }];
        },
      }),
    ],
    reconcile: reconcileWidget,
    ...given,
  };
}
