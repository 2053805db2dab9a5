import { describe, expect, it } from 'vitest';
import type { BotModuleSpec } from '@eeveebot/crds';
import { botModule, readyIpcConfig } from '../../../../test/fixtures/bot-modules.ts';
import { natsConnection } from '../../../nats/connection.ts';
import { strategyPatch } from '../../../pod-building/strategy-patch.ts';
import { type DeploymentInput } from './deployment-input.ts';
import { desiredDeployment } from './deployment.ts';

const deployment = (spec: Partial<BotModuleSpec> = {}, input: Partial<DeploymentInput> = {}) =>
  desiredDeployment({
    module: botModule(spec),
    nats: undefined,
    operatorApiUrl: 'http://operator:9000',
    configChecksum: undefined,
    apiTokenChecksum: undefined,
    secretChecksum: undefined,
    stopped: false,
    hasSingleWriter: false,
    claimUid: undefined,
    ...input,
  });

const podOf = (spec: Partial<BotModuleSpec>, input?: Partial<DeploymentInput>) => {
  const pod = deployment(spec, input).spec?.template.spec;
  if (pod === undefined) throw new Error('no pod spec');
  return pod;
};

const containerOf = (spec: Partial<BotModuleSpec>, input?: Partial<DeploymentInput>) => {
  const [container] = podOf(spec, input).containers;
  if (container === undefined) throw new Error('no container');
  return container;
};

const envOf = (spec: Partial<BotModuleSpec>, input?: Partial<DeploymentInput>) =>
  Object.fromEntries((containerOf(spec, input).env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));

const volume: Partial<BotModuleSpec> = {
  persistentVolumeClaim: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
};

describe('Deployment of a module', () => {
  it('can be adopted: name and selector are those of existing installations', () => {
    const { metadata, spec } = deployment();
    expect(metadata).toMatchObject({ name: 'eevee-echo-module', namespace: 'bots' });
    expect(spec?.selector).toEqual({ matchLabels: { app: 'eevee.bot', 'eevee.bot/module': 'echo' } });
    expect(spec?.template.metadata?.labels).toMatchObject({
      app: 'eevee.bot',
      'eevee.bot/module': 'echo',
      'app.kubernetes.io/part-of': 'eevee',
    });
  });

  it('is deleted with its module', () => {
    expect(deployment().metadata.ownerReferences).toEqual([
      { apiVersion: 'eevee.bot/v1', kind: 'BotModule', name: 'echo', uid: 'uid-echo', controller: true, blockOwnerDeletion: true },
    ]);
  });

  it('is byte-equal for equal input, so that an operator restart rolls nothing', () => {
    const spec = { ...volume, moduleConfig: 'a: 1', metrics: true, podLabels: { team: 'x' } };
    expect(JSON.stringify(deployment(spec))).toBe(JSON.stringify(deployment(structuredClone(spec))));
  });

  it.each([0, 1, 3])('has the replicas that size asks for: %i', (size) => {
    expect(deployment({ size }).spec?.replicas).toBe(size);
  });

  it('sets only the default variables on a plain module', () => {
    expect(envOf({})).toEqual({
      NAMESPACE: 'bots',
      RESOURCE_NAME: 'echo',
      HTTP_API_PORT: '9000',
      TERMINATION_GRACE_PERIOD_SECONDS: '30',
    });
    expect(envOf({ terminationGracePeriodSeconds: 5 })).toMatchObject({ TERMINATION_GRACE_PERIOD_SECONDS: '5' });
    expect(podOf({}).volumes).toBeUndefined();
    expect(containerOf({}).volumeMounts).toBeUndefined();
  });

  it('connects to NATS by Secret reference, never by value', () => {
    expect(envOf({ ipcConfig: 'bot' }, { nats: natsConnection(readyIpcConfig) })).toMatchObject({
      NATS_HOST: { secretKeyRef: { name: 'eevee-bot-nats-auth', key: 'host' } },
      NATS_TOKEN: { secretKeyRef: { name: 'eevee-bot-nats-auth', key: 'token' } },
    });
  });

  it('rolls when token or host change', () => {
    const withChecksum = (authChecksum: string) =>
      deployment({}, { nats: natsConnection({ ...readyIpcConfig, status: { ...readyIpcConfig.status, authChecksum } }) });
    expect(withChecksum('one').spec?.template).not.toEqual(withChecksum('two').spec?.template);
  });

  it('mounts its configuration as a directory, so that edits reach running pods', () => {
    const spec = { moduleConfig: 'greeting: hi' };
    expect(envOf(spec)['MODULE_CONFIG_PATH']).toBe('/etc/module-config/config.yaml');
    expect(containerOf(spec).volumeMounts).toEqual([{ name: 'module-config', mountPath: '/etc/module-config', readOnly: true }]);
    expect(podOf(spec).volumes).toEqual([{ name: 'module-config', configMap: { name: 'eevee-echo-module-config' } }]);
  });

  it('rolls on a configuration change only with a checksum of it', () => {
    expect(deployment({ moduleConfig: 'a: 1' }).spec?.template).toEqual(deployment({ moduleConfig: 'a: 2' }).spec?.template);
    expect(deployment({}, { configChecksum: 'x' }).spec?.template).not.toEqual(deployment({}, { configChecksum: 'y' }).spec?.template);
  });

  it('mounts its volume and sets MODULE_DATA to its path', () => {
    const spec = { ...volume, volumeMountPath: '/srv' };
    expect(envOf(spec)['MODULE_DATA']).toBe('/srv');
    expect(containerOf(spec).volumeMounts).toEqual([{ name: 'module-data', mountPath: '/srv' }]);
  });

  it('sets the API token by Secret reference only while the spec asks for it', () => {
    expect(envOf({ mountOperatorApiToken: true })).toMatchObject({
      EEVEE_OPERATOR_API_TOKEN: { secretKeyRef: { name: 'eevee-operator-api-token', key: 'token' } },
      EEVEE_OPERATOR_API_URL: 'http://operator:9000',
    });
    expect(envOf({ mountOperatorApiToken: false })).not.toHaveProperty('EEVEE_OPERATOR_API_TOKEN');
  });

  it.each<[BotModuleSpec['strategy'], boolean, BotModuleSpec['strategy']]>([
    [undefined, false, { type: 'RollingUpdate' }],
    [undefined, true, { type: 'Recreate' }],
    [{}, true, { type: 'Recreate' }],
    [{ type: 'RollingUpdate' }, true, { type: 'RollingUpdate' }],
    [{ rollingUpdate: { maxSurge: 0 } }, true, { rollingUpdate: { maxSurge: 0 } }],
  ])('with spec.strategy %j, and single writer %j, has strategy %j', (strategy, hasSingleWriter, expected) => {
    expect(deployment(strategy === undefined ? {} : { strategy }, { hasSingleWriter }).spec?.strategy).toEqual(expected);
  });

  it.each<[Partial<BotModuleSpec>, string]>([
    [{}, 'IfNotPresent'],
    [{ pullPolicy: 'Always' }, 'Always'],
    [{ imagePullPolicy: 'Never', pullPolicy: 'Always' }, 'Never'],
  ])('with %j pulls its image %s', (spec, policy) => {
    expect(containerOf(spec).imagePullPolicy).toBe(policy);
  });

  it('gets no variables for the Services of its namespace', () => {
    expect(podOf({}).enableServiceLinks).toBe(false);
  });

  it('has the containers of the user after its own, which also pass the Pod Security Standard "restricted"', () => {
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    const pod = podOf({
      initContainers: [{ name: 'first', image: 'team/first:1' }],
      sidecars: [{ name: 'proxy', image: 'team/proxy:1', securityContext: { readOnlyRootFilesystem: true } }],
    });
    expect(pod.initContainers).toMatchObject([{ name: 'first', securityContext }]);
    expect(pod.containers).toMatchObject([
      { name: 'module' },
      { name: 'proxy', securityContext: { ...securityContext, readOnlyRootFilesystem: true } },
    ]);
  });

  it('spreads its own pods by a constraint without a selector, and keeps the selector of another', () => {
    const constraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' } as const;
    const chosen = { ...constraint, topologyKey: 'rack', labelSelector: { matchLabels: { team: 'x' } } };
    expect(podOf({ topologySpreadConstraints: [constraint, chosen] }).topologySpreadConstraints).toEqual([
      { ...constraint, labelSelector: { matchLabels: { app: 'eevee.bot', 'eevee.bot/module': 'echo' } } },
      chosen,
    ]);
  });

  it('has the variables of envSecret before those of envFrom', () => {
    expect(containerOf({ envSecret: { name: 'keys' }, envFrom: [{ configMapRef: { name: 'settings' } }] }).envFrom).toEqual([
      { secretRef: { name: 'keys' } },
      { configMapRef: { name: 'settings' } },
    ]);
  });

  it('passes the Pod Security Standard "restricted"', () => {
    expect(podOf({}).securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(containerOf({}).securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
  });

  it("lets the module's securityContext take precedence", () => {
    expect(podOf({ podSecurityContext: { runAsUser: 0 } }).securityContext).toMatchObject({ runAsUser: 0 });
    expect(podOf({ podSecurityContext: { runAsUser: 0 } }).securityContext).not.toHaveProperty('runAsNonRoot');
    expect(containerOf({ securityContext: { privileged: true } }).securityContext).not.toHaveProperty('allowPrivilegeEscalation');
  });

  it('leaves user and groups to the cluster if podSecurityContext is empty', () => {
    expect(podOf({ podSecurityContext: {} }).securityContext).toEqual({
      runAsNonRoot: true,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(podOf({ podSecurityContext: { fsGroup: 7 } }).securityContext).toMatchObject({ runAsUser: 1000, runAsGroup: 1000, fsGroup: 7 });
  });

  it('lets one container run as root, and keeps runAsNonRoot for the others', () => {
    const spec = { securityContext: { runAsUser: 0 }, sidecars: [{ name: 'proxy', image: 'team/proxy:1' }] };
    expect(podOf(spec).securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(containerOf(spec).securityContext).toEqual({
      runAsUser: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    const sidecar = podOf(spec).containers.find(({ name }) => name === 'proxy');
    expect(sidecar?.securityContext).not.toHaveProperty('runAsNonRoot');
    // The spec wins even if it contradicts itself: the kubelet reports that.
    expect(containerOf({ securityContext: { runAsUser: 0, runAsNonRoot: true } }).securityContext).toMatchObject({
      runAsUser: 0,
      runAsNonRoot: true,
    });
  });

  it('keeps the labels that select its pods whatever podLabels contain', () => {
    const labels = deployment({ podLabels: { app: 'mine', team: 'x' } }).spec?.template.metadata?.labels;
    expect(labels).toMatchObject({ app: 'eevee.bot', team: 'x' });
  });

  it('has all variables of the Secret in envSecret', () => {
    expect(containerOf({ envSecret: { name: 'keys' } }).envFrom).toEqual([{ secretRef: { name: 'keys' } }]);
  });
});

describe('strategyPatch', () => {
  const existing = (strategy: object) => ({
    ...deployment(),
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { ...deployment().spec!, strategy },
  });

  it("clears the server's defaults when a module gets a volume", () => {
    const rolling = existing({ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%' } });
    expect(strategyPatch(rolling, deployment({}, { hasSingleWriter: true }))).toEqual({
      spec: { strategy: { type: 'Recreate', rollingUpdate: null } },
    });
  });

  it('is not needed otherwise', () => {
    expect(strategyPatch(undefined, deployment(volume))).toBeUndefined();
    expect(strategyPatch(existing({ type: 'Recreate' }), deployment({}, { hasSingleWriter: true }))).toBeUndefined();
    expect(strategyPatch(existing({ type: 'RollingUpdate', rollingUpdate: {} }), deployment())).toBeUndefined();
  });
});

describe('probes of a module', () => {
  const probes = (spec: Partial<BotModuleSpec>) => {
    const { livenessProbe, readinessProbe, startupProbe } = containerOf(spec);
    return { livenessProbe, readinessProbe, startupProbe };
  };

  it('do not exist without an HTTP server', () => {
    expect(probes({ metrics: false })).toEqual({ livenessProbe: undefined, readinessProbe: undefined, startupProbe: undefined });
  });

  it('request /health on the metrics port', () => {
    const httpGet = { path: '/health', port: 8080 };
    expect(probes({ metrics: true, metricsPort: 8080 })).toEqual({
      livenessProbe: { httpGet, initialDelaySeconds: 10, periodSeconds: 30, timeoutSeconds: 5 },
      readinessProbe: { httpGet, initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 3 },
      startupProbe: undefined,
    });
  });

  it('are replaced entirely by probes in the spec, with or without an HTTP server', () => {
    const livenessProbe = { exec: { command: ['true'] } };
    expect(probes({ metrics: true, livenessProbe }).livenessProbe).toEqual(livenessProbe);
    expect(probes({ metrics: false, livenessProbe }).livenessProbe).toEqual(livenessProbe);
  });
});

it('records the claim that the pods write to without rolling them', () => {
  const [before, after] = [deployment(volume), deployment(volume, { claimUid: 'uid-pvc' })];
  expect([before.metadata.annotations, after.metadata.annotations]).toEqual([undefined, { 'eevee.bot/claim-uid': 'uid-pvc' }]);
  expect(after.spec).toEqual(before.spec);
});
