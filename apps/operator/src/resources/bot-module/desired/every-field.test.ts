import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import { BOT_MODULE_SPEC } from '@eeveebot/crds/bot-module-schema';
import { describe, expect, it } from 'vitest';
import { botModule, observedModule, readyIpcConfig, readyStore } from '../../../../test/fixtures/bot-modules.ts';
import { targetVerdict } from '../../../backup-jobs/target.ts';
import { natsConnection } from '../../../nats/connection.ts';
import { bootstrapPhase } from '../bootstrap.ts';
import { modulePlan } from '../plan.ts';
import { mayHaveSingleWriter } from '../single-writer.ts';
import { specProblems } from '../spec.ts';
import { watchedSecrets } from '../watched-secrets.ts';
import { desiredBootstrapJob } from './bootstrap-job.ts';
import { desiredConfigMap } from './config-map.ts';
import { desiredDeployment } from './deployment.ts';
import { desiredDisruptionBudget, desiredPodMonitor, desiredService } from './extras.ts';
import { desiredVolumeClaim } from './volume-claim.ts';

type Field = Extract<keyof typeof BOT_MODULE_SPEC.properties, string>;
type Spec = Partial<BotModuleSpec>;

const claim: Spec = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce'] } };
const probe = { exec: { command: ['true'] } };
const container = { name: 'proxy', image: 'team/proxy:1' };

const backup = { id: '0d7b6a54-6f6c-4f5e-9c43-1f1f2a3b4c5d', key: 'key' };

/** Objects and decisions that the spec of a module leads to. */
function made(module: BotModule): unknown {
  const { spec } = module;
  const nats = spec.ipcConfig === undefined ? undefined : natsConnection(readyIpcConfig);
  const input = {
    module,
    nats,
    operatorApiUrl: 'http://operator:9000',
    apiTokenChecksum: undefined,
    secretChecksum: undefined,
    stopped: false,
    hasSingleWriter: mayHaveSingleWriter(observedModule(spec, { module })),
    claimUid: undefined,
  };
  const configChecksum = spec.restartOnConfigChange ? 'checksum' : undefined;
  const bootstrapJob = desiredBootstrapJob({ module, store: readyStore, backup, backupTool: { image: 'eevee/backup:1', env: [] } });
  return [
    desiredDeployment({ ...input, configChecksum }),
    desiredConfigMap(module),
    desiredService(module),
    desiredDisruptionBudget(module),
    desiredPodMonitor(module),
    watchedSecrets(module),
    desiredVolumeClaim(module, { marks: {}, existing: undefined }),
    bootstrapJob.spec?.template.spec?.containers[0]?.env,
    bootstrapPhase(observedModule(spec, { module })).phase,
    modulePlan(observedModule(spec, { module })).action,
    targetVerdict(observedModule(spec, { module })),
  ];
}

/** For each field: a spec without it, and the value to set. */
const FIELDS: Readonly<Record<Field, readonly [without: Spec, withIt: Spec]>> = {
  moduleName: [claim, { moduleName: 'other' }],
  image: [{}, { image: 'team/other:1' }],
  imagePullPolicy: [{}, { imagePullPolicy: 'Always' }],
  pullPolicy: [{}, { pullPolicy: 'Always' }],
  enabled: [{}, { enabled: false }],
  size: [{}, { size: 3 }],
  ipcConfig: [{}, { ipcConfig: 'bot' }],
  moduleConfig: [{}, { moduleConfig: 'a: 1' }],
  metrics: [{}, { metrics: true }],
  metricsPort: [{}, { metricsPort: 8080 }],
  persistentVolumeClaim: [{}, claim],
  volumeMountPath: [claim, { volumeMountPath: '/srv' }],
  envSecret: [{}, { envSecret: { name: 'keys' } }],
  mountOperatorApiToken: [{}, { mountOperatorApiToken: true }],
  livenessProbe: [{}, { livenessProbe: probe }],
  readinessProbe: [{}, { readinessProbe: probe }],
  startupProbe: [{}, { startupProbe: probe }],
  resources: [{}, { resources: { limits: { cpu: '1' } } }],
  backupSchedule: [claim, { backupSchedule: { name: 'nightly' } }],
  bootstrapFromBackup: [claim, { bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'Always' } }],
  env: [{}, { env: [{ name: 'A', value: 'b' }] }],
  imagePullSecrets: [{}, { imagePullSecrets: [{ name: 'pull' }] }],
  nodeSelector: [{}, { nodeSelector: { disk: 'ssd' } }],
  tolerations: [{}, { tolerations: [{ key: 'a', operator: 'Exists' }] }],
  affinity: [{}, { affinity: { podAntiAffinity: {} } }],
  podLabels: [{}, { podLabels: { team: 'x' } }],
  podAnnotations: [{}, { podAnnotations: { team: 'x' } }],
  podSecurityContext: [{}, { podSecurityContext: { fsGroup: 5 } }],
  securityContext: [{}, { securityContext: { readOnlyRootFilesystem: true } }],
  serviceAccountName: [{}, { serviceAccountName: 'robot' }],
  strategy: [{}, { strategy: { type: 'Recreate' } }],
  terminationGracePeriodSeconds: [{}, { terminationGracePeriodSeconds: 5 }],
  restartOnConfigChange: [{ moduleConfig: 'a: 1' }, { restartOnConfigChange: true }],
  command: [{}, { command: ['node'] }],
  args: [{}, { args: ['--verbose'] }],
  envFrom: [{}, { envFrom: [{ configMapRef: { name: 'settings' } }] }],
  volumes: [{}, { volumes: [{ name: 'cache', emptyDir: {} }] }],
  volumeMounts: [{}, { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] }],
  initContainers: [{}, { initContainers: [container] }],
  sidecars: [{}, { sidecars: [container] }],
  lifecycle: [{}, { lifecycle: { preStop: probe } }],
  topologySpreadConstraints: [
    {},
    { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }] },
  ],
  priorityClassName: [{}, { priorityClassName: 'high' }],
  runtimeClassName: [{}, { runtimeClassName: 'gvisor' }],
  hostAliases: [{}, { hostAliases: [{ ip: '10.0.0.1', hostnames: ['irc'] }] }],
  dnsConfig: [{}, { dnsConfig: { nameservers: ['10.0.0.2'] } }],
  revisionHistoryLimit: [{}, { revisionHistoryLimit: 2 }],
  progressDeadlineSeconds: [{}, { progressDeadlineSeconds: 60 }],
  restartOnSecretChange: [{ envSecret: { name: 'keys' } }, { restartOnSecretChange: true }],
  service: [{}, { service: { type: 'ClusterIP' } }],
  podMonitor: [{ metrics: true }, { podMonitor: { enabled: true } }],
  automountServiceAccountToken: [{}, { automountServiceAccountToken: true }],
};

describe('each field of the spec of a BotModule', () => {
  it.each(Object.keys(BOT_MODULE_SPEC.properties) as Field[])('has an effect: %s', (field) => {
    const row = FIELDS[field];
    expect(row, `no row for ${field}: say what it changes`).toBeDefined();
    const [without, withIt] = row;
    expect(Object.keys(withIt)).toContain(field);
    const [before, after] = [botModule(without), botModule({ ...without, ...withIt })];
    expect(specProblems(after, { config: undefined, nats: undefined })).toEqual([]);
    expect(made(after)).not.toEqual(made(before));
  });
});
