/** Fields of a BotModule that are other fields of the objects made for it. */
import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import type { NatsConnection } from '../../nats/connection.ts';
import { jobFields } from '../rejected-job.ts';
import { type OwnField, renamedFields } from '../rejection-text.ts';
import { desiredDeployment } from './desired/deployment.ts';

/** Lists of the pods in which the operator's entries come first. */
const SHARED_LISTS = ['env', 'envFrom', 'volumeMounts', 'volumes'] as const satisfies readonly (keyof BotModuleSpec)[];
type SharedList = (typeof SHARED_LISTS)[number];
type OwnEntries = Readonly<Record<SharedList, number>>;

const renamedInDeployment = renamedFields(
  ['spec.template.metadata.labels', 'spec.podLabels'],
  ['spec.template.labels', 'spec.podLabels'],
  ['spec.template.metadata.annotations', 'spec.podAnnotations'],
  ['spec.template.annotations', 'spec.podAnnotations'],
  ['spec.template.spec.securityContext', 'spec.podSecurityContext'],
  ['spec.template.spec.containers[0].ports[0].containerPort', 'spec.metricsPort'],
  ['spec.replicas', 'spec.size'],
);

/** Fields of a module by kind of the object that has them. */
export const moduleFields = (module: BotModule, nats: NatsConnection | undefined): Readonly<Record<string, OwnField>> => ({
  Deployment: (field) => renamedInDeployment(field) ?? fieldOfPod(field, ownEntries(module, nats)),
  PersistentVolumeClaim: renamedFields(['spec', 'spec.persistentVolumeClaim']),
  Job: jobFields({
    module,
    isOfModule: true,
    podFields: 'spec.bootstrapFromBackup',
    pod: module.spec.bootstrapFromBackup,
    jobSpec: 'spec',
  }),
  Service: fieldOfService,
  PodMonitor: renamedFields(['metadata.labels', 'spec.podMonitor.labels'], ['spec.podMetricsEndpoints[0]', 'spec.podMonitor']),
});

/** The first port of a Service is that of the module's HTTP server. */
function fieldOfService(field: string): string | undefined {
  const [, index, ofPort = ''] = /^spec\.ports\[(\d+)\](.*)$/.exec(field) ?? [];
  if (index === '0') return ofPort === '.port' ? 'spec.service.port' : undefined;
  if (index !== undefined) return `spec.service.ports[${Number(index) - 1}]${ofPort}`;
  return renamedFields(['metadata.annotations', 'spec.service.annotations'], ['spec.type', 'spec.service.type'])(field);
}

function fieldOfPod(path: string, own: OwnEntries): string | undefined {
  const [, sidecar, ofSidecar = ''] = /^spec\.template\.spec\.containers\[(\d+)\](.*)$/.exec(path) ?? [];
  if (sidecar !== undefined && sidecar !== '0') return `spec.sidecars[${Number(sidecar) - 1}]${ofSidecar}`;
  const field = path.replace(/^spec\.template\.spec(?:\.containers\[0\])?/, 'spec');
  const [, list, index, ofEntry = ''] = /^spec\.(env|envFrom|volumeMounts|volumes)\[(\d+)\](.*)$/.exec(field) ?? [];
  if (list === undefined) return field;
  const position = Number(index) - own[list as SharedList];
  return position < 0 ? undefined : `spec.${list}[${position}]${ofEntry}`;
}

/** Number of the operator's entries in each list. */
function ownEntries(module: BotModule, nats: NatsConnection | undefined): OwnEntries {
  const input = { configChecksum: undefined, apiTokenChecksum: undefined, secretChecksum: undefined, claimUid: undefined };
  const made = desiredDeployment({ module, nats, operatorApiUrl: '', stopped: false, hasSingleWriter: false, ...input });
  const pod = made.spec?.template.spec;
  const lists = { ...pod?.containers[0], volumes: pod?.volumes };
  const entries = SHARED_LISTS.map((list) => [list, (lists[list]?.length ?? 0) - (module.spec[list]?.length ?? 0)] as const);
  return Object.fromEntries(entries) as Record<SharedList, number>;
}
