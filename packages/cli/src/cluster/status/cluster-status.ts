import {
  BACKUP_SCHEDULE_REASONS,
  BOT_MODULE_REASONS,
  type BotModule,
  type BotResources,
  type Condition,
  IPC_CONFIG_REASONS,
  S3_STORE_REASONS,
  type S3Store,
} from '@eeveebot/crds';
import { LABEL, moduleDeploymentName } from '@eeveebot/contract';
import type { BusFacts } from './bus-facts.ts';

/** Resources of eevee in a namespace. */
export interface Resources extends BotResources {
  readonly stores: readonly S3Store[];
  readonly pods: readonly Pod[];
}

/** The fields of a pod that are read. */
export interface Pod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly status?: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
}

/** State of a resource: its condition Ready. */
export interface ResourceState {
  readonly name: string;
  readonly ready: string;
  readonly reason: string;
}

/** Time and outcome of the last run. */
interface LastRun {
  readonly time: string;
  readonly result: string;
}

/** State of a module. */
export interface ModuleState extends ResourceState {
  readonly restarts: number;
  readonly image: string | undefined;
  /** Seconds since its start; missing if it did not answer. */
  readonly uptimeSeconds: number | undefined;
  /** Commands in its help; missing if it did not answer. */
  readonly commands: readonly string[] | undefined;
  readonly lastBackup: LastRun | undefined;
  readonly lastVerified: LastRun | undefined;
}

/** A problem and its fix. */
export interface Problem {
  /** `botmodule/echo`. */
  readonly object: string;
  readonly reason: string;
  readonly message: string;
  readonly fix: string;
}

/** State of a bot in a namespace, as `--output json` prints it. */
export interface ClusterStatus {
  readonly nats: readonly (ResourceState & { readonly host: string | undefined; readonly servers: string })[];
  readonly modules: readonly ModuleState[];
  readonly stores: readonly ResourceState[];
  readonly schedules: readonly (ResourceState & { readonly modules: number; readonly lastSuccessfulTime: string | undefined })[];
  readonly problems: readonly Problem[];
  /** Reasons why modules could not be asked for uptime and commands. */
  readonly notAsked: readonly string[];
}

interface Conditioned {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const conditionOf = ({ status }: Conditioned, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

function stateOf(resource: Conditioned): ResourceState {
  const ready = conditionOf(resource, 'Ready');
  return { name: resource.metadata.name, ready: ready?.status ?? 'Unknown', reason: ready?.reason ?? 'NotSeenYet' };
}

/** Kinds with the reasons of their condition Ready, as the reference documents them. */
const REASONS: Readonly<Record<string, Readonly<Record<string, { readonly worrying: boolean; readonly fix: string }>>>> = {
  ipcconfig: IPC_CONFIG_REASONS,
  botmodule: BOT_MODULE_REASONS,
  s3store: S3_STORE_REASONS,
  backupschedule: BACKUP_SCHEDULE_REASONS,
};

/** Conditions besides Ready that are False when something is wrong. */
const OTHERS = ['BackupScheduled', 'Verified', 'VolumeInSync', 'ExtrasInSync'];

const UNSEEN = { reason: 'NotSeenYet', message: 'the operator has not processed it yet', fix: 'Check that the operator is running.' };

/** Problems of a resource. @param look a command that shows more. */
function problemsOf(kind: string, resource: Conditioned, look: string): Problem[] {
  const object = `${kind}/${resource.metadata.name}`;
  const ready = conditionOf(resource, 'Ready');
  if (ready === undefined) return [{ object, ...UNSEEN }];
  const known = REASONS[kind]?.[ready.reason];
  const isWrong = known?.worrying ?? ready.status === 'False';
  const others = OTHERS.map((type) => conditionOf(resource, type)).filter((each) => each?.status === 'False');
  return [
    ...(isWrong ? [{ object, reason: ready.reason, message: ready.message, fix: [known?.fix, look].filter(Boolean).join(' ') }] : []),
    ...others.flatMap((each) => (each === undefined ? [] : [{ object, reason: each.reason, message: each.message, fix: look }])),
  ];
}

function moduleState(module: BotModule, pods: readonly Pod[], facts: BusFacts): ModuleState {
  const { metadata, spec, status } = module;
  const own = pods.filter(({ metadata: { labels } }) => labels?.[LABEL.module] === metadata.name);
  const counts = own.flatMap((pod) => pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  const run = (last: LastRun | undefined): LastRun | undefined =>
    last === undefined ? undefined : { time: last.time, result: last.result };
  return {
    ...stateOf(module),
    restarts: counts.reduce((sum, count) => sum + count, 0),
    image: status?.image ?? spec.image,
    uptimeSeconds: facts.uptimeSeconds.get(spec.moduleName),
    commands: facts.commands.get(spec.moduleName),
    lastBackup: run(status?.lastBackup),
    lastVerified: run(status?.lastVerified),
  };
}

const byName = <Named extends { readonly name: string }>(states: readonly Named[]): Named[] =>
  states.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));

/**
 * The state of a bot.
 *
 * @param only name of the module to report; all if missing.
 */
export function clusterStatus(resources: Resources, facts: BusFacts, only?: string): ClusterStatus {
  const { ipcConfigs, stores, schedules, pods } = resources;
  const modules = resources.modules.filter(({ metadata }) => only === undefined || metadata.name === only);
  const describe = (kind: string, { metadata }: Conditioned & { readonly metadata: { readonly namespace: string } }): string =>
    `kubectl describe ${kind} ${metadata.name} -n ${metadata.namespace}`;
  const problems = [
    ...ipcConfigs.flatMap((each) => problemsOf('ipcconfig', each, describe('ipcconfig', each))),
    ...modules.flatMap((each) =>
      problemsOf('botmodule', each, `kubectl logs deployment/${moduleDeploymentName(each.metadata.name)} -n ${each.metadata.namespace}`),
    ),
    ...(only === undefined ? stores : []).flatMap((each) => problemsOf('s3store', each, describe('s3store', each))),
    ...(only === undefined ? schedules : []).flatMap((each) => problemsOf('backupschedule', each, describe('backupschedule', each))),
  ];
  return {
    nats: byName(
      ipcConfigs.map((each) => ({
        ...stateOf(each),
        host: each.status?.natsHost,
        servers: each.spec.nats.managed?.enabled === true ? `${each.status?.readyReplicas ?? 0}/${each.status?.replicas ?? 0}` : 'external',
      })),
    ),
    modules: byName(modules.map((each) => moduleState(each, pods, facts))),
    stores: byName(stores.map(stateOf)),
    schedules: byName(
      schedules.map((each) => ({
        ...stateOf(each),
        modules: each.status?.targets?.length ?? 0,
        lastSuccessfulTime: each.status?.lastSuccessfulTime,
      })),
    ),
    problems,
    notAsked: facts.notAsked,
  };
}
