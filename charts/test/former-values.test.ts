import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import { only } from './manifests.ts';
import { useCharts } from './use-charts.ts';

describe('default values of the 2.x charts', () => {
  const { objects: template } = useCharts();

  it('give the first port of the Service the name that its monitor requires, if it has none', async () => {
    const eeveeOperatorService = { type: 'ClusterIP', ports: [{ port: 9000, targetPort: 9000, protocol: 'TCP' }, { port: 9001 }] };
    const objects = await template('operator', { eeveeOperatorService, serviceMonitor: { enabled: true } });
    expect(only(objects, 'Service')).toMatchObject({
      spec: {
        ports: [
          { name: 'http', port: 9000 },
          { name: 'port-1', port: 9001 },
        ],
      },
    });
    expect(only(objects, 'ServiceMonitor')).toMatchObject({ spec: { endpoints: [{ port: 'http' }] } });
  });

  it.each([
    [{ automount: true, create: true, name: '', annotations: {} }, true],
    [{}, false],
  ])('determine whether pods of the service account get its token: %j', async (serviceAccount, automount) => {
    expect(only(await template('operator', { serviceAccount }), 'ServiceAccount')).toMatchObject({
      automountServiceAccountToken: automount,
    });
  });

  it.each([
    [{ nameOverride: '', fullnameOverride: '' }, 'eevee-operator'],
    [{ nameOverride: 'op' }, 'eevee-op'],
    [{ nameOverride: 'eevee' }, 'eevee'],
    [{ nameOverride: 'op', fullnameOverride: 'bot-operator' }, 'bot-operator'],
  ])('name the objects of the operator by the conventions of Helm charts: %j', async (names, name) => {
    const objects = await template('operator', names);
    expect(only(objects, 'Deployment').metadata.name).toBe(name);
    expect(only(objects, 'Role').metadata.name).toBe(name);
  });

  it.each(['verbose', 'http', 'silly'])('have the log level %s', async (logLevel) => {
    expect(JSON.stringify(only(await template('operator', { operator: { operator: { env: { logLevel } } } }), 'Deployment'))).toContain(
      `{"name":"LOG_LEVEL","value":"${logLevel}"}`,
    );
  });

  it.each<[ChartName, object]>([
    ['crds', { nameOverride: '', fullnameOverride: '', kubernetesClusterDomain: 'cluster.local', serviceAccount: { create: true } }],
    ['crds', { eeveeCrdJob: { image: { repository: 'example/crds', tag: '2' }, backoffLimit: 4 } }],
    ['bot', { nameOverride: '', fullnameOverride: '' }],
    ['eevee', { enabled: true, nameOverride: '', fullnameOverride: '' }],
    ['eevee', { crds: { eeveeCrdJob: {}, kubernetesClusterDomain: 'cluster.local' }, operator: { serviceAccount: { automount: true } } }],
  ])('of chart %s are taken: %j', async (chart, values) => {
    await template(chart, values);
  });

  describe('of chart bot', () => {
    const module = (ipcConfig: string): object => ({ name: 'echo', spec: { moduleName: 'echo', image: 'example/echo:1', ipcConfig } });
    const kinds = async (values: object): Promise<readonly string[]> =>
      (await template('bot', values)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);

    it('create the IpcConfig that the modules name', async () => {
      const objects = await template('bot', { botModules: [module('eevee-bot')] });
      expect(only(objects, 'IpcConfig')).toMatchObject({
        metadata: { name: 'eevee-bot' },
        spec: {
          nats: {
            managed: { enabled: true },
            token: { generate: true, secretKeyRef: { secret: { name: 'nats-auth-secret' }, key: 'token' } },
          },
        },
      });
    });

    it('create none that no module names, or if the values define another', async () => {
      const ipcConfig = { name: 'mine', spec: { nats: { managed: { enabled: true }, token: { generate: true } } } };
      expect(await kinds({ botModules: [module('other')] })).toEqual(['BotModule echo']);
      expect(await kinds({ botModules: [module('eevee-bot')], ipcConfig })).toEqual(['BotModule echo', 'IpcConfig mine']);
    });
  });
});
