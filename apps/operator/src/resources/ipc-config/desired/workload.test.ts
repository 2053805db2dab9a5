import { describe, expect, it } from 'vitest';
import type { IpcConfig } from '@eeveebot/crds';
import { desiredDeployment, desiredDisruptionBudget, desiredStatefulSet } from './workload.ts';

type Managed = NonNullable<IpcConfig['spec']['nats']['managed']>;

const ipcConfig = (managed: Partial<Managed> = {}): IpcConfig => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'IpcConfig',
  metadata: { name: 'bot', namespace: 'bots', uid: 'u' },
  spec: { nats: { managed: { enabled: true, imagePullPolicy: 'IfNotPresent', replicas: 1, ...managed } } },
});
const template = (managed: Partial<Managed> = {}) =>
  desiredDeployment({ ipcConfig: ipcConfig(managed), defaultImage: 'nats:1', configChecksum: 'c', routesUseTls: false }).spec?.template;
const securityContext = (podSecurityContext: Managed['podSecurityContext']) =>
  template(podSecurityContext === undefined ? {} : { podSecurityContext })?.spec?.securityContext;

describe('NATS pod', () => {
  it('runs as user 1000 unless its security context sets another', () => {
    expect(securityContext(undefined)).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 });
  });

  it('leaves user and group to a cluster that assigns them', () => {
    const context = securityContext({});
    expect(context).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(Object.keys(context ?? {})).not.toEqual(expect.arrayContaining(['runAsUser']));
    expect(securityContext({ fsGroup: 7 })).not.toHaveProperty('runAsUser');
  });

  it('may run as root if the spec sets that', () => {
    expect(securityContext({ runAsUser: 0 })).not.toHaveProperty('runAsNonRoot');
  });

  it.each([
    ['imagePullSecrets', [{ name: 'registry' }]],
    ['nodeSelector', { disk: 'fast' }],
    ['tolerations', [{ key: 'chat', operator: 'Exists' }]],
    ['affinity', { nodeAffinity: {} }],
    ['topologySpreadConstraints', [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }]],
    ['priorityClassName', 'high'],
  ] as const)('has the %s of the spec', (name, value) => {
    expect(template({ [name]: value })?.spec).toMatchObject({ [name]: value });
  });

  it('has the labels and annotations of the spec in addition to its own', () => {
    const { metadata } = template({ podLabels: { team: 'chat' }, podAnnotations: { note: 'x' } }) ?? {};
    expect(metadata?.labels).toMatchObject({ team: 'chat', 'eevee.bot/nats-server': 'true', 'eevee.bot/ipcconfig': 'bot' });
    expect(metadata?.annotations).toEqual({ note: 'x', 'eevee.bot/config-checksum': 'c' });
  });

  it('lets the node of a server that is not ready be drained', () => {
    expect(desiredDisruptionBudget(ipcConfig({ replicas: 3 }))?.spec).toMatchObject({ unhealthyPodEvictionPolicy: 'AlwaysAllow' });
  });

  it('is spread over the nodes with others of its cluster, unless the spec has constraints', () => {
    const spread = (managed: Partial<Managed>) =>
      desiredStatefulSet({
        ipcConfig: ipcConfig({ replicas: 3, ...managed }),
        defaultImage: 'nats:1',
        configChecksum: 'c',
        routesUseTls: false,
      }).spec?.template.spec?.topologySpreadConstraints;
    expect(spread({})).toMatchObject([{ topologyKey: 'kubernetes.io/hostname' }]);
    expect(spread({ topologySpreadConstraints: [] })).toEqual([]);
  });

  it('has probes that check whether it serves, not whether JetStream has a majority', () => {
    const [container] = template()?.spec?.containers ?? [];
    const paths = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe].map((probe) => probe?.httpGet?.path);
    expect(paths).toEqual(['/healthz?js-server-only=true', '/healthz?js-server-only=true', '/healthz?js-enabled-only=true']);
  });
});
