import { describe, expect, it } from 'vitest';
import { contendersFor } from './contested-fields.ts';
import type { FieldSet, KubeObject, ManagedFields } from './kube-object.ts';

const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: FieldSet): ManagedFields => ({ manager, operation, fieldsV1 });

const object = (...managedFields: readonly ManagedFields[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', managedFields },
});

const desired = {
  metadata: { labels: { app: 'x' } },
  spec: { replicas: 1, containers: [{ name: 'module', image: 'a', resources: { limits: { cpu: '1' } } }, { name: 'log' }] },
};
const own = entry('eevee-operator', 'Apply', { 'f:metadata': { 'f:labels': { 'f:app': {} } } });

describe('contendersFor', () => {
  it('names the fields that other clients took over, also those of one container', () => {
    const theirs: FieldSet = {
      'f:spec': {
        'f:replicas': {},
        'f:containers': { 'k:{"name":"module"}': { 'f:resources': { 'f:limits': { '.': {}, 'f:cpu': {} } } } },
      },
    };
    expect(contendersFor(desired, object(own, entry('autoscaler', 'Update', theirs)))).toEqual([
      { manager: 'autoscaler', fields: ['spec.replicas', 'spec.containers[name=module].resources.limits.cpu'] },
    ]);
  });

  it('ignores fields that are not desired, or that the operator owns as well', () => {
    const theirs: FieldSet = {
      'f:metadata': { 'f:labels': { 'f:app': {}, 'f:team': {} } },
      'f:spec': { 'f:paused': {}, 'f:containers': { 'k:{"name":"sidecar"}': { 'f:image': {} } } },
      'f:status': { 'f:replicas': {} },
    };
    expect(contendersFor(desired, object(own, entry('kubectl', 'Update', theirs)))).toEqual([]);
  });
});
