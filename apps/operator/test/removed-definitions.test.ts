import type { BotModule, Condition, IpcConfig } from '@eeveebot/crds';
import { certificateAuthority, type ControlPlane, eventually } from '@eeveebot/testing';
import { useWorld } from '@eeveebot/testing/world';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_REFLECTOR_TIMES } from '../src/controller/cache/reflector-times.ts';
import { foreignDefinition, foreignDefinitionName } from './foreign-definitions.ts';
import { type RunningOperator, startOperator } from './running-operator.ts';
import { backupSchedule, botModule, ipcConfig, s3Store, untilReady } from './world.ts';

describe('a definition that is removed while the operator runs, and installed again', () => {
  const servers = useWorld({ nodes: true, s3: true });
  let kube: ControlPlane;
  let namespace: string;
  let operator: RunningOperator;

  beforeAll(async () => {
    ({ kube } = servers);
    namespace = await servers.newNamespace();
    await kube.apply(foreignDefinition('Certificate'), foreignDefinition('PodMonitor'));
    operator = await startOperator({
      kubeconfig: kube.kubeconfig,
      namespace,
      reflectorTimes: { ...DEFAULT_REFLECTOR_TIMES, optionalTypeMs: 200, mendedByPeopleMs: 200 },
    });
  });
  afterAll(() => operator?.stop());

  const ready = (kind: Parameters<typeof untilReady>[1]['kind'], name: string, reason: string, part = '') =>
    untilReady(kube, { kind, name, namespace }, reason, part);
  const moduleCondition = async (name: string, type: string): Promise<Condition | undefined> =>
    (await kube.get<BotModule>('botmodule', name, '-n', namespace)).status?.conditions?.find((condition) => condition.type === type);
  const uidOf = async (kind: string, name: string) =>
    kube.kubectl(['get', kind, name, '-n', namespace, '-o', 'jsonpath={.metadata.uid}', '--ignore-not-found']);

  /** Shows that the operator still works. */
  async function untilOtherIsReady(name: string): Promise<void> {
    await kube.apply(botModule(name, namespace));
    await ready('botmodule', name, 'Ready');
  }

  it('of Certificates stops neither NATS nor its modules, and the certificate is requested again', async () => {
    const authority = await certificateAuthority('private');
    const { certificate, key } = await authority.issue({ commonName: 'nats' });
    const data = { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority.certificate };
    await kube.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'eevee-safe-nats-tls', namespace }, stringData: data });
    await kube.apply(
      ipcConfig('safe', namespace, { managed: { enabled: true }, token: { generate: true }, tls: { issuerRef: { name: 'ca' } } }),
    );
    await ready('ipcconfig', 'safe', 'Ready');
    const name = foreignDefinitionName('Certificate');
    const first = await uidOf(name, 'eevee-safe-nats');
    expect(first).not.toBe('');
    await kube.kubectl(['delete', name, 'eevee-safe-nats', '-n', namespace]);
    await eventually(async () => !['', first].includes(await uidOf(name, 'eevee-safe-nats')), { what: 'a new Certificate' });

    await kube.kubectl(['delete', 'crd', name]);
    await ready('ipcconfig', 'safe', 'Pending', 'needs cert-manager');
    const { status } = await kube.get<IpcConfig>('ipcconfig', 'safe', '-n', namespace);
    expect(status?.natsHost).toContain('eevee-safe-nats');
    await untilOtherIsReady('beside-certificates');

    await kube.apply(foreignDefinition('Certificate'));
    await eventually(async () => (await uidOf(name, 'eevee-safe-nats')) !== '', { what: 'the Certificate to be requested again' });
    await ready('ipcconfig', 'safe', 'Ready');
  });

  it('of PodMonitors is named by the condition of the module, which runs, and the PodMonitor is created again', async () => {
    const name = foreignDefinitionName('PodMonitor');
    await kube.apply(botModule('scraped', namespace, { metrics: true, podMonitor: {} }));
    await eventually(async () => (await moduleCondition('scraped', 'ExtrasInSync'))?.status === 'True', { what: 'the PodMonitor' });
    await kube.kubectl(['delete', 'crd', name]);
    await eventually(async () => (await moduleCondition('scraped', 'ExtrasInSync'))?.reason === 'KindNotAvailable', { what: 'the cause' });
    await ready('botmodule', 'scraped', 'Ready');
    await untilOtherIsReady('beside-monitors');
    await kube.apply(foreignDefinition('PodMonitor'));
    await eventually(async () => (await moduleCondition('scraped', 'ExtrasInSync'))?.status === 'True', { what: 'a new PodMonitor' });
    expect(await uidOf(name, 'eevee-scraped-module')).not.toBe('');
  });

  it('of BackupSchedules is named by readiness, log and modules, and schedules work again', async () => {
    const name = 'backupschedules.eevee.bot';
    await kube.apply(...s3Store('store', namespace, servers.s3), backupSchedule('nightly', namespace));
    await kube.apply(botModule('kept', namespace, { persistentVolumeClaim: {}, backupSchedule: { name: 'nightly' } }));
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
    const { spec, apiVersion, kind } = await kube.get<{ spec: object; apiVersion: string; kind: string }>('crd', name);
    await kube.kubectl(['delete', 'crd', name]);
    const readiness = async () => (await fetch(`${operator.url}/readyz`)).text();
    await eventually(async () => (await readiness()).includes('does not know BackupSchedule'), { what: 'the readiness' });
    expect(operator.warnings.join('\n')).toContain('The API server does not know BackupSchedule');
    await eventually(async () => (await moduleCondition('kept', 'BackupScheduled'))?.reason === 'BackupScheduleNotFound', {
      what: 'the condition of the module',
    });
    await untilOtherIsReady('beside-schedules');

    await kube.apply({ apiVersion, kind, metadata: { name }, spec });
    await eventually(async () => (await fetch(`${operator.url}/readyz`)).ok, { what: 'the operator to be ready' });
    await kube.apply(backupSchedule('nightly', namespace));
    await ready('backupschedule', 'nightly', 'CronJobsCreated');
    await eventually(async () => (await moduleCondition('kept', 'BackupScheduled'))?.reason !== 'BackupScheduleNotFound', {
      what: 'the condition of the module to change',
    });
  });
});
