import type { IpcConfig } from '@eeveebot/crds';
import { certificateAuthority, type ControlPlane, eventually } from '@eeveebot/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Deployment, PersistentVolumeClaim, StatefulSet } from '../src/resource-types/kubernetes.ts';
import type { Certificate } from '../src/resources/ipc-config/desired/certificate.ts';
import { useIpcWorld } from './use-ipc-world.ts';
import { botModule, ipcConfig, untilReady } from './world.ts';

const NATS_CHECKSUM = 'eevee.bot/nats-checksum';

describe('IpcConfig with a running NATS', () => {
  const { world, ready, patch, secretOf, confOf, makeSecret } = useIpcWorld();
  let kube: ControlPlane;
  let namespace: string;

  beforeAll(() => {
    ({ kube, namespace } = world);
  });

  describe('with token rotation', () => {
    const checksumOf = async (module: string) =>
      (await kube.get<Deployment>('deployment', `eevee-${module}-module`, '-n', namespace)).spec?.template.metadata?.annotations?.[
        NATS_CHECKSUM
      ];
    const rotate = (name: string, value: string) =>
      kube.kubectl(['annotate', 'ipcconfig', name, '-n', namespace, '--overwrite', `eevee.bot/rotate-token=${value}`]);

    it('keeps the password of its routes', async () => {
      await kube.apply(ipcConfig('routed', namespace, { managed: { enabled: true, replicas: 3 }, token: { generate: true } }));
      await ready('routed');
      const routes = async () =>
        (await confOf('routed', 'statefulset')).text.slice((await confOf('routed', 'statefulset')).text.indexOf('cluster {'));
      const [before, { token }] = [await routes(), await secretOf('eevee-routed-nats-auth')];
      expect(before).not.toContain(token);
      await rotate('routed', '1');
      await eventually(async () => (await secretOf('eevee-routed-nats-auth'))['token'] !== token, { what: 'a new token' });
      expect(await routes()).toBe(before);
      // Nothing of the former token remains once all servers have the new one.
      await ready('routed');
      await eventually(
        async () => Object.keys(await secretOf('eevee-routed-nats-config')).filter((key) => key.endsWith('.conf')).length === 1,
      );
    });

    it('publishes a new token to modules only after NATS has loaded it', async () => {
      await kube.apply(ipcConfig('refused', namespace), botModule('waits', namespace, { ipcConfig: 'refused' }));
      await ready('refused');
      await untilReady(kube, { kind: 'botmodule', name: 'waits', namespace }, 'Ready');
      const [checksum, secret, conf] = [await checksumOf('waits'), await secretOf('eevee-refused-nats-auth'), await confOf('refused')];
      await kube.apply(...denyUpdates('eevee-refused-nats'));
      await eventually(() => denied('eevee-refused-nats'), { what: 'the policy to be in force' });
      await rotate('refused', '1');
      expect(await ready('refused', 'InvalidSpec')).toMatchObject({ message: expect.stringContaining('not now') });
      expect(await checksumOf('waits')).toBe(checksum);
      expect(await secretOf('eevee-refused-nats-auth')).toEqual(secret);
      // A server that restarts now finds the token that its modules have.
      expect(await confOf('refused')).toEqual(conf);

      await kube.kubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', 'eevee-refused-nats']);
      await eventually(async () => !(await denied('eevee-refused-nats')), { what: 'the policy to be gone' });
      await kube.kubectl(['label', 'ipcconfig', 'refused', '-n', namespace, 'look=again']);
      await eventually(async () => (await checksumOf('waits')) !== checksum, { what: 'the module to roll' });
      const { token } = await secretOf('eevee-refused-nats-auth');
      expect(token).not.toBe(secret['token']);
      expect((await confOf('refused')).text).toContain(`token: "${token}"`);
    });

    /** Whether updates of the Deployment are refused. */
    const denied = (name: string) =>
      kube.kubectl(['annotate', 'deployment', name, '-n', namespace, '--overwrite', '--dry-run=server', `tried=${Date.now()}`]).then(
        () => false,
        () => true,
      );
    const denyUpdates = (name: string): readonly object[] => [
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: {
            resourceRules: [
              { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'], resourceNames: [name] },
            ],
          },
          validations: [{ expression: 'false', message: 'not now' }],
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      },
    ];
  });

  describe('with JetStream', () => {
    const nats = (jetstream: object, replicas = 1) => ({ managed: { enabled: true, replicas, jetstream }, token: { generate: true } });
    const templates = async (name: string) =>
      (await kube.get<StatefulSet>('statefulset', `eevee-${name}-nats`, '-n', namespace)).spec?.volumeClaimTemplates ?? [];
    const inSync = async (name: string) =>
      (await kube.get<IpcConfig>('ipcconfig', name, '-n', namespace)).status?.conditions?.find(({ type }) => type === 'VolumeInSync');
    const growable = (name: string, allowVolumeExpansion: boolean) => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name },
      provisioner: 'test.example/none',
      allowVolumeExpansion,
    });
    /** A volume of the class, for the claim of the first server. */
    const volume = (name: string, storageClassName: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        storageClassName,
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/nowhere' },
        claimRef: { namespace, name: `jetstream-eevee-${name}-nats-0` },
      },
    });
    const requested = async (name: string) =>
      (await kube.get<PersistentVolumeClaim>('pvc', `jetstream-eevee-${name}-nats-0`, '-n', namespace)).spec?.resources?.requests?.[
        'storage'
      ];

    it('grows the volumes if their class allows it, and keeps its pods', async () => {
      await kube.apply(growable('grows', true), volume('bigger', 'grows'));
      await kube.apply(ipcConfig('bigger', namespace, nats({ enabled: true, size: '1024Mi', storageClassName: 'grows' })));
      await ready('bigger');
      const pod = async () => (await kube.get<Deployment>('pod', 'eevee-bigger-nats-0', '-n', namespace)).metadata.uid;
      const before = await pod();
      const { metadata } = await kube.get<StatefulSet>('statefulset', 'eevee-bigger-nats', '-n', namespace);
      await patch('bigger', nats({ enabled: true, size: '2Gi', storageClassName: 'grows' }));
      await eventually(async () => (await requested('bigger')) === '2Gi', { what: 'the claim to grow' });
      const claim = await kube.get<PersistentVolumeClaim>('pvc', 'jetstream-eevee-bigger-nats-0', '-n', namespace);
      expect(claim.metadata.annotations).toMatchObject({ 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' });
      await eventually(async () => (await templates('bigger'))[0]?.spec?.resources?.requests?.['storage'] === '2Gi', {
        what: 'a new template',
      });
      await ready('bigger');
      expect(await pod()).toBe(before);
      expect((await kube.get<StatefulSet>('statefulset', 'eevee-bigger-nats', '-n', namespace)).metadata.uid).not.toBe(metadata.uid);
      expect(await inSync('bigger')).toMatchObject({ status: 'True' });

      await patch('bigger', nats({ enabled: true, size: '1Gi', storageClassName: 'grows' }));
      await eventually(async () => (await templates('bigger'))[0]?.spec?.resources?.requests?.['storage'] === '1Gi', {
        what: 'the size for new servers',
      });
      await ready('bigger');
      expect(await requested('bigger')).toBe('2Gi');
    });

    it('keeps its StatefulSet if the API server writes the size of the volumes in another form', async () => {
      const found = (name: string) => kube.get<StatefulSet>('statefulset', `eevee-${name}-nats`, '-n', namespace);
      const sizes = { fraction: '0.7Gi', immense: '9999999Ei' };
      for (const [name, size] of Object.entries(sizes)) {
        await kube.apply(ipcConfig(name, namespace, nats({ enabled: true, size })));
        const { metadata } = await eventually(() => found(name));
        await kube.kubectl(['annotate', 'ipcconfig', name, '-n', namespace, 'test/touch=1']);
        await world.operator.idle();
        const now = (await found(name)).metadata;
        expect({ size, uid: now.uid, deletionTimestamp: now.deletionTimestamp }).toEqual({ size, uid: metadata.uid });
      }
    });

    it('reports what cannot be changed on an existing volume, and applies everything else', async () => {
      await kube.apply(growable('fixed', false), growable('other', true), volume('stuck', 'fixed'));
      await kube.apply(ipcConfig('stuck', namespace, nats({ enabled: true, size: '1Gi', storageClassName: 'fixed' })));
      await ready('stuck');
      const changed = nats({ enabled: true, size: '2Gi', storageClassName: 'other' });
      await patch('stuck', { ...changed, managed: { ...changed.managed, resources: { limits: { memory: '64Mi' } } } });
      await eventually(async () => (await inSync('stuck'))?.reason === 'ResizeRefused', { what: 'a refusal' });
      expect((await inSync('stuck'))?.message).toMatch(
        /claim jetstream-eevee-stuck-nats-0 cannot be grown to 2Gi: .*; claim jetstream-eevee-stuck-nats-0 has storage class fixed, which cannot be changed to other/,
      );
      await eventually(async () => (await templates('stuck'))[0]?.spec?.storageClassName === 'other', {
        what: 'the class for new servers',
      });
      expect(await ready('stuck')).toMatchObject({ status: 'True' });
      const { spec } = await kube.get<StatefulSet>('statefulset', 'eevee-stuck-nats', '-n', namespace);
      expect(spec?.template.spec?.containers[0]?.resources?.limits).toEqual({ memory: '64Mi' });
    });

    it('can be turned on for a running cluster', async () => {
      const cluster = { managed: { enabled: true, replicas: 3 }, token: { generate: true } };
      await kube.apply(ipcConfig('later', namespace, cluster));
      await ready('later');
      expect(await templates('later')).toEqual([]);
      await kube.apply(growable('later', true), ...[0, 1, 2].map((ordinal) => ({ ...volume('later', 'later'), ...laterVolume(ordinal) })));
      await patch('later', nats({ enabled: true, storageClassName: 'later' }, 3));
      await eventually(async () => (await templates('later')).length === 1, { what: 'a claim template' });
      expect(await ready('later')).toMatchObject({ message: '3/3 available' });
      expect((await confOf('later', 'statefulset')).text).toContain('jetstream {');
    });

    const laterVolume = (ordinal: number) => ({
      metadata: { name: `later-${ordinal}` },
      spec: {
        storageClassName: 'later',
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/nowhere' },
        claimRef: { namespace, name: `jetstream-eevee-later-nats-${ordinal}` },
      },
    });
  });

  describe('with TLS', async () => {
    const authority = await certificateAuthority('private');
    const certificate = async (name: string) => {
      const { certificate: crt, key } = await authority.issue({ commonName: name });
      return makeSecret(name, { 'tls.crt': crt, 'tls.key': key, 'ca.crt': authority.certificate });
    };
    const nats = (tls: object) => ({ managed: { enabled: true }, token: { generate: true }, tls });
    const podSpec = async (name: string) => (await kube.get<Deployment>('deployment', name, '-n', namespace)).spec?.template.spec;

    it('waits for its certificate, and gives modules host and CA when the servers have it', async () => {
      await kube.apply(ipcConfig('secure', namespace, nats({ secretName: 'secure-tls' })));
      await kube.apply(botModule('trusts', namespace, { ipcConfig: 'secure' }));
      expect(await ready('secure', 'SecretNotFound')).toMatchObject({
        message: expect.stringContaining('spec.nats.tls.secretName is secure-tls'),
      });
      await makeSecret('secure-tls', { 'tls.crt': 'half' });
      expect(await ready('secure', 'SecretKeyMissing')).toMatchObject({ message: expect.stringContaining('has no tls.key') });
      await certificate('secure-tls');
      await ready('secure');
      expect((await confOf('secure')).text).toContain('tls { cert_file: "/etc/nats-tls/tls.crt"');
      expect((await secretOf('eevee-secure-nats-auth'))['host']).toBe(`tls://eevee-secure-nats.${namespace}.svc.cluster.local`);
      await untilReady(kube, { kind: 'botmodule', name: 'trusts', namespace }, 'Ready');
      const module = await podSpec('eevee-trusts-module');
      expect(module?.containers[0]?.env).toContainEqual({ name: 'NATS_CA_FILE', value: '/etc/nats-ca/ca.crt' });
      expect(module?.containers[0]?.volumeMounts).toContainEqual({ name: 'nats-ca', mountPath: '/etc/nats-ca', readOnly: true });
      const [volume] = module?.volumes?.filter(({ name }) => name === 'nats-ca') ?? [];
      expect(volume?.secret).toMatchObject({ secretName: 'secure-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] });
    });

    it('restarts its servers, but not its modules, with a renewed certificate', async () => {
      const [{ key }, before] = [await confOf('secure'), (await podSpec('eevee-trusts-module')) ?? {}];
      await certificate('secure-tls');
      await eventually(async () => (await confOf('secure')).key !== key, { what: 'a new pod template' });
      await ready('secure');
      expect(await podSpec('eevee-trusts-module')).toEqual(before);
    });

    it('requests a certificate from cert-manager, and reports when cert-manager is missing', async () => {
      await kube.apply(ipcConfig('issued', namespace, nats({ issuerRef: { name: 'ca', kind: 'ClusterIssuer' } })));
      expect(await ready('issued', 'Pending')).toMatchObject({
        message: expect.stringContaining('needs cert-manager, which is not installed'),
      });
      await kube.apply(CERTIFICATES);
      const asked = await eventually(() => kube.get<Certificate>('certificates.cert-manager.io', 'eevee-issued-nats', '-n', namespace));
      expect(asked.spec).toMatchObject({
        secretName: 'eevee-issued-nats-tls',
        issuerRef: { name: 'ca', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      });
      expect(asked.spec.dnsNames).toContain(`eevee-issued-nats.${namespace}.svc.cluster.local`);
      await certificate('eevee-issued-nats-tls');
      await ready('issued');
    });

    /** The part of cert-manager that the API server needs. */
    const CERTIFICATES = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'certificates.cert-manager.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' } },
      spec: {
        group: 'cert-manager.io',
        scope: 'Namespaced',
        names: { kind: 'Certificate', plural: 'certificates' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
  });
});
