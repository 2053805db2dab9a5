import { eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { botModule, untilReady } from './world.ts';

describe('module that an admission policy rejects', () => {
  const world = useWorld({ nodes: true });

  it('runs some time after the policy is lifted, without any other change', async () => {
    const { kube } = world;
    const namespace = await world.newNamespace();
    await kube.apply(
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'no-deployments' },
        spec: {
          matchConstraints: {
            resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }],
          },
          validations: [{ expression: 'false', message: 'not today', reason: 'Invalid' }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'no-deployments' },
        spec: { policyName: 'no-deployments', validationActions: ['Deny'] },
      },
    );
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'probe', namespace }, spec: deploymentSpec };
    const isRefused = () =>
      kube.kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify(deployment) }).then(
        () => false,
        () => true,
      );
    await eventually(isRefused, { what: 'the policy to be in force' });

    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    await kube.apply(botModule('echo', namespace));
    const { message } = await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'InvalidSpec');
    expect(message).toContain('not today');
    await operator.idle();
    await kube.kubectl(['delete', 'validatingadmissionpolicybinding', 'no-deployments']);
    await eventually(async () => !(await isRefused()), { what: 'the policy to be lifted' });
    await untilReady(kube, { kind: 'botmodule', name: 'echo', namespace }, 'Ready');
  });
});

const deploymentSpec = {
  selector: { matchLabels: { app: 'probe' } },
  template: { metadata: { labels: { app: 'probe' } }, spec: { containers: [{ name: 'probe', image: 'probe' }] } },
};
