import { ANNOTATION, backupCronJobName, moduleDeploymentName, moduleVolumeClaimName, natsName } from '@eeveebot/contract';
import type { BotModule, BotResources, IpcConfig } from '@eeveebot/crds';
import { readyOf } from '../../src/controller/objects/status.ts';
import type { CronJob, Deployment } from '../../src/resource-types/kubernetes.ts';
import type { Violation } from './invariants.ts';

/** Objects of a settled namespace. */
export interface Settled extends BotResources {
  readonly deployments: readonly Deployment[];
  readonly cronJobs: readonly CronJob[];
}

/** Resources that report success although what they ask for does not exist or does not run. */
export function untrueStatuses(settled: Settled): readonly Violation[] {
  const problems = [
    ...settled.modules.flatMap((module) =>
      moduleProblems(module, settled).map((problem) => `BotModule ${module.metadata.name} ${problem}`),
    ),
    ...settled.ipcConfigs.flatMap((ipcConfig) =>
      natsProblems(ipcConfig, settled).map((problem) => `IpcConfig ${ipcConfig.metadata.name} ${problem}`),
    ),
  ];
  return problems.map((message) => ({ invariant: 'status is true', message }));
}

const isReady = ({ status }: BotModule | IpcConfig): boolean => readyOf(status)?.status === 'True';

/** A Ready module, and the Deployment that runs it. */
interface Running {
  readonly module: BotModule;
  readonly deployment: Deployment | undefined;
}

type Check = (running: Running, settled: Settled) => string | undefined;

const CHECKS: readonly Check[] = [
  ({ module: { spec }, deployment }) => {
    const image = deployment?.spec?.template.spec?.containers[0]?.image;
    return image === spec.image ? undefined : `runs ${image} instead of ${spec.image}`;
  },
  ({ module: { spec }, deployment }) => {
    const { readyReplicas = 0 } = deployment?.status ?? {};
    return readyReplicas === spec.size ? undefined : `has ${readyReplicas} of ${spec.size} pods`;
  },
  ({ module, deployment }) => {
    const volumes = deployment?.spec?.template.spec?.volumes ?? [];
    const claim = moduleVolumeClaimName(module.metadata.name);
    return volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim) ? undefined : 'has no volume';
  },
  ({ module, deployment }, { ipcConfigs }) => {
    const served = ipcConfigs.find(({ metadata }) => metadata.name === module.spec.ipcConfig)?.status?.authChecksum;
    return deployment?.spec?.template.metadata?.annotations?.[ANNOTATION.natsChecksum] === served
      ? undefined
      : 'has another token than NATS';
  },
  backupProblem,
];

function moduleProblems(module: BotModule, settled: Settled): readonly string[] {
  if (!isReady(module) || !module.spec.enabled) return [];
  const deployment = settled.deployments.find(({ metadata }) => metadata.name === moduleDeploymentName(module.metadata.name));
  return CHECKS.flatMap((check) => check({ module, deployment }, settled) ?? []).map((problem) => `is Ready and ${problem}`);
}

function backupProblem({ module }: Running, { cronJobs, schedules }: Settled): string | undefined {
  const schedule = schedules.find(({ metadata }) => metadata.name === module.spec.backupSchedule?.name);
  const condition = module.status?.conditions?.find(({ type }) => type === 'BackupScheduled');
  if (schedule === undefined || condition?.status !== 'True') return undefined;
  const name = backupCronJobName(schedule.metadata.name, module.metadata.name);
  const cronJob = cronJobs.find(({ metadata }) => metadata.name === name);
  return cronJob?.spec?.suspend === schedule.spec.suspend ? undefined : `reports backups, but CronJob ${name} is missing or suspended`;
}

function natsProblems(ipcConfig: IpcConfig, { deployments }: Settled): readonly string[] {
  if (!isReady(ipcConfig)) return [];
  const deployment = deployments.find(({ metadata }) => metadata.name === natsName(ipcConfig.metadata.name));
  return (deployment?.status?.readyReplicas ?? 0) > 0 ? [] : ['is Ready without a server'];
}
