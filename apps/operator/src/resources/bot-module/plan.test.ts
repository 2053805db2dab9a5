import { describe, expect, it } from 'vitest';
import { observedModule as observed, readyIpcConfig, restoreThatIs, volumeClaim } from '../../../test/fixtures/bot-modules.ts';
import type { ObservedModule } from './observe.ts';
import { modulePlan } from './plan.ts';

const deploymentOf = (uid: string): ObservedModule['deployment'] => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'eevee-echo-module', ownerReferences: [{ apiVersion: 'v1', kind: 'Other', name: 'theirs', uid, controller: true }] },
});

const withVolume = { persistentVolumeClaim: { accessModes: ['ReadWriteOnce' as const] } };
/** A Deployment without a controller that selects the pods with this label. */
const deploymentFor = (app: string): ObservedModule['deployment'] => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'eevee-echo-module' } },
  spec: { selector: { matchLabels: { app, 'eevee.bot/module': 'echo' } } } as never,
});
const ownDeployment = deploymentFor('eevee.bot');

describe('modulePlan', () => {
  it('runs a module without requirements', () => {
    expect(modulePlan(observed({}))).toMatchObject({ action: 'run', nats: undefined, stoppedBy: undefined });
  });

  it('runs a module once its IpcConfig has a token and a host', () => {
    expect(modulePlan(observed({ ipcConfig: 'bot' }, { ipcConfig: readyIpcConfig }))).toMatchObject({
      action: 'run',
      nats: { checksum: 'c0ffee' },
    });
  });

  it.each<[string, ObservedModule, string]>([
    [
      'an IpcConfig that does not exist',
      observed({ ipcConfig: 'typo' }),
      'spec.ipcConfig names IpcConfig typo, which does not exist in namespace bots: create it or correct the name',
    ],
    [
      'an IpcConfig without a token, quoting why',
      observed(
        { ipcConfig: 'bot' },
        {
          ipcConfig: {
            ...readyIpcConfig,
            status: {
              conditions: [
                { type: 'Ready', status: 'False', reason: 'SecretNotFound', message: 'Secret x does not exist', lastTransitionTime: '' },
              ],
            },
          },
        },
      ),
      'Secret x does not exist',
    ],
  ])('waits for %s', (_, given, message) => {
    expect(modulePlan(given)).toMatchObject({ action: 'wait', message: expect.stringContaining(message) });
  });

  it('calls a module that waits running only while it is', () => {
    const waiting = (replicas: number) =>
      modulePlan(
        observed({ ipcConfig: 'typo' }, { deployment: { ...ownDeployment, spec: { ...ownDeployment?.spec, replicas } } as never }),
      );
    expect(waiting(1)).toMatchObject({ message: expect.stringMatching(/; until then, the running module is left unchanged$/) });
    expect(waiting(0)).toMatchObject({ message: expect.stringMatching(/or correct the name$/) });
  });

  it.each(['WaitingForModuleToStop', 'Running'] as const)('keeps the module stopped while a restore of it is %s', (reason) => {
    expect(
      modulePlan(observed(withVolume, { deployment: ownDeployment, volumeClaim: volumeClaim(), restores: [restoreThatIs(reason)] })),
    ).toMatchObject({ action: 'run', stoppedBy: 'BackupRestore back' });
  });

  it.each(['Pending', 'S3StoreNotFound', 'Succeeded', 'Failed'] as const)('lets the module run while a restore of it is %s', (reason) => {
    expect(modulePlan(observed({}, { restores: [restoreThatIs(reason)] }))).toMatchObject({ action: 'run', stoppedBy: undefined });
  });

  it('does not run a disabled module, even if something else is missing', () => {
    expect(modulePlan(observed({ enabled: false, ipcConfig: 'typo' }))).toEqual({ action: 'disable' });
  });

  it.each<[string, ObservedModule, string]>([
    [
      'a Secret of another namespace',
      observed({ envSecret: { name: 'keys', namespace: 'other' } }),
      'spec.envSecret.namespace is other: Secrets in other namespaces are not read',
    ],
    ['a variable that the operator sets', observed({ env: [{ name: 'NAMESPACE', value: 'x' }] }), 'spec.env sets NAMESPACE'],
    [
      'a Deployment of another owner',
      observed({}, { deployment: deploymentOf('uid-theirs') }),
      'Deployment eevee-echo-module belongs to Other theirs',
    ],
    [
      'a Deployment of a user, on whose account the volume must not count as live',
      observed(
        { ...withVolume, bootstrapFromBackup: { s3Store: { name: 's3' }, imagePullPolicy: 'IfNotPresent' } },
        { deployment: deploymentFor('shop'), volumeClaim: volumeClaim() },
      ),
      'Deployment eevee-echo-module was not created for this module and selects other pods',
    ],
  ])('rejects %s', (_, given, message) => {
    expect(modulePlan(given)).toMatchObject({ action: 'reject', message: expect.stringContaining(message) });
  });

  it('rejects a moduleConfig that is not YAML', () => {
    expect(modulePlan(observed({ moduleConfig: '[' }), 'is not valid YAML: line 1, column 2')).toEqual({
      action: 'reject',
      message: 'spec.moduleConfig is not valid YAML: line 1, column 2',
    });
  });

  it('lets a module set variables that the operator does not set for it', () => {
    const env = ['NATS_HOST', 'MODULE_DATA', 'METRICS_PORT'].map((name) => ({ name, value: 'x' }));
    expect(modulePlan(observed({ env }))).toMatchObject({ action: 'run' });
  });

  it('stops a disabled module, even if its spec has other problems', () => {
    expect(modulePlan(observed({ enabled: false, moduleConfig: '[' }), 'is not valid YAML')).toEqual({ action: 'disable' });
  });

  it('stops a disabled module, even if other objects have its names', () => {
    const configMap = { ...deploymentOf('uid-theirs'), kind: 'ConfigMap' } as ObservedModule['configMap'];
    expect(modulePlan(observed({ enabled: false }, { deployment: deploymentFor('shop') }))).toEqual({ action: 'disable' });
    expect(modulePlan(observed({ enabled: false }, { deployment: ownDeployment, configMap }))).toEqual({ action: 'disable' });
  });

  describe('when objects of a deleted module of the same name still exist', () => {
    const former = { apiVersion: 'eevee.bot/v1', kind: 'BotModule', name: 'echo', uid: 'uid-before', controller: true };
    const leftover = (kind: string, metadata: object = {}) => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'eevee-echo-module', ownerReferences: [former], ...metadata },
    });
    const held = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a.example/x'] };

    it('waits for them, and names what keeps them', () => {
      expect(modulePlan(observed({}, { deployment: leftover('Deployment') }))).toEqual({
        action: 'wait',
        message: 'Deployment eevee-echo-module of a deleted BotModule of this name is being removed',
      });
      expect(modulePlan(observed({}, { deployment: leftover('Deployment', held) }))).toEqual({
        action: 'wait',
        message: 'Deployment eevee-echo-module of a deleted BotModule of this name is being removed (finalizers: a.example/x)',
      });
    });

    it('starts beside a Service that a finalizer keeps, such as that of a load balancer', () => {
      expect(modulePlan(observed({}, { service: leftover('Service') }))).toMatchObject({ action: 'wait' });
      expect(modulePlan(observed({}, { service: leftover('Service', held) }))).toMatchObject({ action: 'run' });
    });

    it('does not wait for objects of another project with a kind of that name', () => {
      const ownerReferences = [{ ...former, apiVersion: 'bots.example/v1' }];
      expect(modulePlan(observed({}, { deployment: leftover('Deployment', { ownerReferences }) }))).toEqual({
        action: 'reject',
        message: 'Deployment eevee-echo-module belongs to BotModule echo: delete it or give this module another name',
        retryAfterMs: 10_000,
      });
    });
  });

  it('names all problems at once', () => {
    const plan = modulePlan(observed({ moduleConfig: '[', env: [{ name: 'NAMESPACE', value: 'x' }] }), 'is not valid YAML');
    expect(plan).toMatchObject({ message: expect.stringMatching(/moduleConfig.*; .*NAMESPACE/s) });
  });
});
