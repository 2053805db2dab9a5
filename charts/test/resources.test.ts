import { describe, expect, it } from 'vitest';
import type { ChartName } from '@eeveebot/testing';
import { useCharts } from './use-charts.ts';

const above = { requests: { memory: '2Gi' }, limits: { memory: '1536Mi' } };
const schedule = { schedule: '@daily', s3Store: { name: 's3' } };
const nats = { managed: { enabled: true, resources: above }, token: { generate: true } };
const irc = [{ name: 'net', host: 'irc.example' }];

/** Values with resources of `above` in the place with this path. */
const PLACES: readonly (readonly [ChartName, string, object])[] = [
  ['operator', 'operator.operator.resources', { operator: { operator: { resources: above } } }],
  ['crds', 'update.resources', { update: { resources: above } }],
  ['bot', 'router.spec.resources', { irc, router: { spec: { resources: above } } }],
  ['bot', 'connector.spec.resources', { irc, connector: { spec: { resources: above } } }],
  ['bot', 'botModules[0].spec.resources', { botModules: [{ name: 'm', spec: { moduleName: 'm', image: 'i:1', resources: above } }] }],
  ['bot', 'backupSchedules[0].spec.resources', { backupSchedules: [{ name: 's', spec: { ...schedule, resources: above } }] }],
  [
    'bot',
    'backupSchedules[0].spec.verification.resources',
    { backupSchedules: [{ name: 's', spec: { ...schedule, verification: { afterEach: true, resources: above } } }] },
  ],
  ['bot', 'ipcConfig.spec.nats.managed.resources', { ipcConfig: { name: 'bot', spec: { nats } } }],
];

describe('requests above their limits', () => {
  const { template } = useCharts();

  it.each(PLACES)('are refused by chart %s in %s', async (chart, path, values) => {
    await expect(template(chart, values)).rejects.toThrow(
      `${path}.requests.memory is 2Gi, and ${path}.limits.memory only 1536Mi: raise the limit or lower the request.`,
    );
  });

  it.each([
    ['0.6', '500m'],
    [1, '999m'],
    ['1e3', '900'],
    ['1Ki', '1e3'],
    ['2E', '1Ei'],
    ['1001u', '1m'],
    ['+1.', '.9'],
  ])('are recognized in each notation: %s is above %s', async (more, less) => {
    const values = (requests: unknown, limits: unknown) => ({
      operator: { operator: { resources: { requests: { cpu: requests }, limits: { cpu: limits } } } },
    });
    await expect(template('operator', values(more, less))).rejects.toThrow('operator.operator.resources.requests.cpu');
    await template('operator', values(less, more));
    await template('operator', values(more, more));
  });
});
