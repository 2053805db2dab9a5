import { eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { describe, expect, it } from 'vitest';
import { startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, s3Store, untilReady } from './world.ts';

const world = useWorld({ nodes: true, s3: true });

describe('module that an admission policy rejects', () => {
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

describe('objects that the API server rejects', () => {
  it('are reported with the field of the resource', async () => {
    const { kube, s3 } = world;
    const namespace = await world.newNamespace();
    const resources = { limits: { 'example.com/gpu': '1500m' } };
    await kube.apply(
      ...s3Store('store', namespace, s3),
      ipcConfig('bot', namespace, { managed: { enabled: true, resources } }),
      botModule('echo', namespace, { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } }),
      backupSchedule('nightly', namespace, { resources }),
    );
    await using operator = await startOperator({ kubeconfig: kube.kubeconfig, namespace });
    for (const [kind, name, field] of [
      ['ipcconfig', 'bot', 'spec.nats.managed.resources'],
      ['backupschedule', 'nightly', 'spec.resources'],
    ] as const) {
      const problem = `${field}.limits[example.com/gpu]: Invalid value: "1500m": must be an integer`;
      const { message } = await untilReady(kube, { kind, name, namespace }, 'InvalidSpec');
      expect(message).toContain(problem);
      const events = () => kube.get<EventList>('events', '-n', namespace, '--field-selector', `involvedObject.name=${name}`);
      await eventually(async () => (await events()).items.some((event) => event.message.includes(problem)), {
        what: `the event on ${name}`,
      });
    }
    expect(operator.warnings.filter((warning) => warning.includes('containers[0]'))).toEqual([]);
  });
});

interface EventList {
  readonly items: readonly { readonly message: string }[];
}

const deploymentSpec = {
  selector: { matchLabels: { app: 'probe' } },
  template: { metadata: { labels: { app: 'probe' } }, spec: { containers: [{ name: 'probe', image: 'probe' }] } },
};
