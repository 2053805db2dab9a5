import { type ControlPlane, eventually } from '@eeveebot/testing';
import type { BotModule, BotModuleSpecInput } from '@eeveebot/crds';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, PersistentVolumeClaim } from '../src/resource-types/kubernetes.ts';
import type { RunningOperator } from './running-operator.ts';
import { useOperator } from './use-operator.ts';
import { botModule } from './world.ts';

const storageClass = (name: string, allowVolumeExpansion: boolean) => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion,
});

describe('volume claim of a module', () => {
  const world = useOperator({ prepare: ({ kube: cluster }) => cluster.apply(storageClass('fixed', false), storageClass('growing', true)) });
  let kube: ControlPlane;
  let operator: RunningOperator;
  let namespace: string;

  beforeAll(() => {
    ({ kube, namespace, operator } = world);
  });

  const claimOf = (name: string) => kube.get<PersistentVolumeClaim>('pvc', `eevee-${name}-module-pvc`, '-n', namespace);
  const storage = (size: string, storageClassName: string): Partial<BotModuleSpecInput> => ({
    persistentVolumeClaim: { storageClassName, resources: { requests: { storage: size } } },
  });
  const edit = (name: string, spec: object) =>
    kube.kubectl(['patch', 'botmodule', name, '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec })]);
  const inSync = async (name: string) =>
    (await kube.get<BotModule>('botmodule', name, '-n', namespace)).status?.conditions?.find(({ type }) => type === 'VolumeInSync');
  const untilImage = (name: string, image: string) =>
    eventually(
      async () => {
        const { spec } = await kube.get<Deployment>('deployment', `eevee-${name}-module`, '-n', namespace);
        return spec?.template.spec?.containers[0]?.image === image;
      },
      { what: `the Deployment to have image ${image}` },
    );

  /** A module with a bound claim. */
  async function bound(name: string, storageClassName: string): Promise<void> {
    await kube.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `volume-${name}` },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName,
        hostPath: { path: '/nowhere' },
        claimRef: { namespace, name: `eevee-${name}-module-pvc` },
      },
    });
    await kube.apply(botModule(name, namespace, storage('1Gi', storageClassName)));
    await eventually(async () => (await claimOf(name)).status?.phase === 'Bound', { what: 'the claim to be bound' });
    await eventually(async () => (await inSync(name))?.status === 'True', { what: 'the claim to be in sync' });
  }

  it('that must not grow blocks nothing else', async () => {
    await bound('fixed', 'fixed');
    await edit('fixed', { ...storage('2Gi', 'fixed'), image: 'eevee/echo:2', size: 0 });
    await untilImage('fixed', 'eevee/echo:2');
    const condition = await eventually(async () => {
      const found = await inSync('fixed');
      return found?.status === 'False' && found;
    });
    expect(condition).toMatchObject({
      reason: 'ResizeRefused',
      message: expect.stringContaining('volume claim eevee-fixed-module-pvc cannot be grown to 2Gi'),
    });
    expect((await claimOf('fixed')).spec?.resources?.requests?.['storage']).toBe('1Gi');
    const { status } = await kube.get<BotModule>('botmodule', 'fixed', '-n', namespace);
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.reason).not.toBe('InvalidSpec');
  });

  it('is grown if its class allows it', async () => {
    await bound('growing', 'growing');
    await edit('growing', storage('2Gi', 'growing'));
    await eventually(async () => (await claimOf('growing')).spec?.resources?.requests?.['storage'] === '2Gi', {
      what: 'the claim to grow',
    });
    expect(await inSync('growing')).toMatchObject({ status: 'True' });
  });

  it('that was grown manually is not shrunk, and blocks nothing', async () => {
    await bound('grown', 'growing');
    const grown = JSON.stringify({ spec: { resources: { requests: { storage: '3Gi' } } } });
    await kube.kubectl(['patch', 'pvc', 'eevee-grown-module-pvc', '-n', namespace, '-p', grown]);
    await edit('grown', { image: 'eevee/echo:2' });
    await untilImage('grown', 'eevee/echo:2');
    await operator.idle();
    expect((await claimOf('grown')).spec?.resources?.requests?.['storage']).toBe('3Gi');
    expect(await inSync('grown')).toMatchObject({ status: 'True' });
  });

  it('keeps immutable fields, and reports the difference', async () => {
    await bound('classed', 'fixed');
    await edit('classed', { ...storage('1Gi', 'growing'), image: 'eevee/echo:2' });
    await untilImage('classed', 'eevee/echo:2');
    const condition = await eventually(async () => {
      const found = await inSync('classed');
      return found?.status === 'False' && found;
    });
    expect(condition).toMatchObject({
      reason: 'ClaimDiffers',
      message:
        'spec.persistentVolumeClaim.storageClassName is "growing", and volume claim eevee-classed-module-pvc has "fixed", which cannot be changed',
    });
  });

  it('keeps immutable fields that the spec no longer has, and blocks nothing', async () => {
    const resources = { requests: { storage: '1Gi' }, limits: { storage: '2Gi' } };
    const persistentVolumeClaim = { storageClassName: 'fixed', selector: { matchLabels: { disk: 'fast' } }, resources };
    await kube.apply(botModule('kept', namespace, { persistentVolumeClaim }));
    await untilImage('kept', 'eevee/echo:1');
    await eventually(async () => (await inSync('kept'))?.status === 'True');
    await edit('kept', { persistentVolumeClaim: { resources: { limits: { storage: '3Gi' } } } });
    await eventually(async () => (await inSync('kept'))?.message.includes('resources.limits.storage is "3Gi"'), { what: 'the difference' });
    const rejections = operator.warnings.length;
    const without = { storageClassName: null, selector: null, resources: { limits: null } };
    await edit('kept', { image: 'eevee/echo:2', persistentVolumeClaim: without });
    await untilImage('kept', 'eevee/echo:2');
    await eventually(async () => (await inSync('kept'))?.status === 'True');
    expect((await claimOf('kept')).spec).toMatchObject({
      storageClassName: 'fixed',
      selector: { matchLabels: { disk: 'fast' } },
      resources,
    });
    expect(operator.warnings.slice(rejections)).toEqual([]);
  });

  it('and other objects of a module are independent: an immutable ConfigMap does not block a new image', async () => {
    await kube.apply(botModule('configured', namespace, { moduleConfig: 'a: 1' }));
    await untilImage('configured', 'eevee/echo:1');
    await kube.apply(
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'frozen' },
        spec: {
          matchConstraints: {
            resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['configmaps'] }],
          },
          validations: [{ expression: "!object.metadata.name.startsWith('eevee-configured')", message: 'frozen by the test' }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'frozen' },
        spec: { policyName: 'frozen', validationActions: ['Deny'] },
      },
    );
    const change = { metadata: { annotations: { tried: 'yes' } } };
    const isFrozen = () =>
      kube
        .kubectl([
          'patch',
          'configmap',
          'eevee-configured-module-config',
          '-n',
          namespace,
          '--dry-run=server',
          '-p',
          JSON.stringify(change),
        ])
        .then(
          () => false,
          () => true,
        );
    await eventually(isFrozen, { what: 'the policy to be in force' });
    await edit('configured', { moduleConfig: 'a: 2', image: 'eevee/echo:2' });
    await untilImage('configured', 'eevee/echo:2');
    await eventually(
      async () => {
        const { status } = await kube.get<BotModule>('botmodule', 'configured', '-n', namespace);
        return status?.conditions?.find(({ type }) => type === 'Ready')?.message.includes('frozen by the test');
      },
      { what: 'the refusal in the status' },
    );
  });

  it('is kept by Argo CD', async () => {
    expect((await claimOf('fixed')).metadata.annotations).toMatchObject({
      'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
      'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
    });
  });

  it('causes no warnings', () => {
    expect(operator.warnings.filter((line) => !line.includes('frozen by the test'))).toEqual([]);
  });
});
