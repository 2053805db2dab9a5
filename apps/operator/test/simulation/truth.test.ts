import type { BackupSchedule, BotModule, IpcConfig } from '@eeveebot/crds';
import { describe, expect, it } from 'vitest';
import type { CronJob, Deployment } from '../../src/resource-types/kubernetes.ts';
import { type Settled, untrueStatuses } from './truth.ts';

const ready = { type: 'Ready', status: 'True' };
const module = {
  metadata: { name: 'a' },
  spec: { enabled: true, size: 1, image: 'echo:1', ipcConfig: 'net', backupSchedule: { name: 'nightly' } },
  status: { conditions: [ready, { type: 'BackupScheduled', status: 'True' }] },
} as unknown as BotModule;
const ipcConfig = { metadata: { name: 'net' }, spec: {}, status: { conditions: [ready], authChecksum: 'c' } } as unknown as IpcConfig;
const schedule = { metadata: { name: 'nightly' }, spec: { suspend: false } } as unknown as BackupSchedule;

function deployment({ image = 'echo:1', readyReplicas = 1, checksum = 'c', claim = 'eevee-a-module-pvc' } = {}): Deployment {
  const spec = { containers: [{ image }], volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] };
  return {
    metadata: { name: 'eevee-a-module' },
    spec: { template: { metadata: { annotations: { 'eevee.bot/nats-checksum': checksum } }, spec } },
    status: { readyReplicas },
  } as unknown as Deployment;
}
const nats = (readyReplicas: number) => ({ metadata: { name: 'eevee-net-nats' }, status: { readyReplicas } }) as unknown as Deployment;
const cronJob = (suspend: boolean) => ({ metadata: { name: 'nightly-a-backup' }, spec: { suspend } }) as unknown as CronJob;

const settled = (more: Partial<Settled> = {}): Settled => ({
  modules: [module],
  ipcConfigs: [ipcConfig],
  schedules: [schedule],
  deployments: [deployment(), nats(1)],
  cronJobs: [cronJob(false)],
  ...more,
});

describe('statuses at the end of a history', () => {
  it('are true if everything runs', () => {
    expect(untrueStatuses(settled())).toEqual([]);
  });

  it('of a module that is not Ready, or disabled, claim nothing', () => {
    const waiting = { ...module, status: { conditions: [{ ...ready, status: 'False' }] } } as unknown as BotModule;
    const disabled = { ...module, spec: { ...module.spec, enabled: false } };
    expect(untrueStatuses(settled({ modules: [waiting, disabled], deployments: [nats(1)], cronJobs: [] }))).toEqual([]);
  });

  it.each<[string, Partial<Settled>]>([
    ['instead of echo:1', { deployments: [deployment({ image: 'echo:2' }), nats(1)] }],
    ['has 0 of 1 pods', { deployments: [deployment({ readyReplicas: 0 }), nats(1)] }],
    ['has no volume', { deployments: [deployment({ claim: 'another' }), nats(1)] }],
    ['has another token than NATS', { deployments: [deployment({ checksum: 'former' }), nats(1)] }],
    ['CronJob nightly-a-backup is missing or suspended', { cronJobs: [] }],
    ['CronJob nightly-a-backup is missing or suspended', { cronJobs: [cronJob(true)] }],
    ['IpcConfig net is Ready without a server', { deployments: [deployment(), nats(0)] }],
  ])('are not if a Ready resource %s', (problem, more) => {
    expect(untrueStatuses(settled(more))).toEqual([{ invariant: 'status is true', message: expect.stringContaining(problem) }]);
  });
});
