import { describe, expect, it } from 'vitest';
import type { Deployment } from '../../resource-types/kubernetes.ts';
import { replacedPods } from './replaced-pods.ts';

const deployment = (replicas: number, status: object): Deployment => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module', generation: 2 } },
  ...{ spec: { replicas, selector: {}, template: {} }, status: { observedGeneration: 2, ...status } },
});

describe('pods of a Deployment that are still replaced', () => {
  it('are not known before Kubernetes has processed the last change', () => {
    expect(replacedPods(deployment(1, { observedGeneration: 1, replicas: 1, updatedReplicas: 1 }))).toBe('not known yet');
  });

  it('are all while there are some of another template', () => {
    expect(replacedPods(deployment(1, { replicas: 1 }))).toBe('all');
  });

  it('are those being deleted while no other pod exists', () => {
    expect(replacedPods(deployment(1, {}))).toBe('those being deleted');
  });

  it('do not exist after the change, nor without replicas', () => {
    expect(replacedPods(deployment(1, { replicas: 1, updatedReplicas: 1 }))).toBeUndefined();
    expect(replacedPods(deployment(0, { observedGeneration: 1, replicas: 1 }))).toBeUndefined();
    expect(replacedPods(undefined)).toBeUndefined();
  });
});
