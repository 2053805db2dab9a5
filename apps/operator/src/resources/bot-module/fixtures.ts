import type { BotModule, BotModuleSpec, IpcConfig } from '@eeveebot/crds';

/** A module as the API server returns it, defaults filled in. For tests. */
export const botModule = (spec: Partial<BotModuleSpec> = {}, metadata: Partial<BotModule['metadata']> = {}): BotModule => ({
  apiVersion: 'eevee.bot/v1',
  kind: 'BotModule',
  metadata: { name: 'echo', namespace: 'bots', uid: 'uid-echo', generation: 3, ...metadata },
  spec: {
    moduleName: 'echo',
    image: 'eevee/echo:1',
    enabled: true,
    size: 1,
    metrics: false,
    metricsPort: 9000,
    volumeMountPath: '/data',
    mountOperatorApiToken: false,
    terminationGracePeriodSeconds: 30,
    restartOnConfigChange: false,
    ...spec,
  },
});

/** An IpcConfig whose NATS is up. For tests. */
export const readyIpcConfig: IpcConfig = {
  apiVersion: 'eevee.bot/v1',
  kind: 'IpcConfig',
  metadata: { name: 'bot', namespace: 'bots', uid: 'uid-bot', generation: 1 },
  spec: { nats: { managed: { enabled: true, imagePullPolicy: 'IfNotPresent', replicas: 1 }, token: { generate: true } } },
  status: { natsHost: 'eevee-bot-nats.bots.svc.cluster.local', tokenSecret: 'eevee-bot-nats-auth', authChecksum: 'c0ffee' },
};
