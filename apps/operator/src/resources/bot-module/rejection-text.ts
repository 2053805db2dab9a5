import type { BotModule, BotModuleSpec } from '@eeveebot/crds';
import type { NatsConnection } from '../../nats/connection.ts';
import { desiredDeployment } from './desired/deployment.ts';

/** How the API server begins its message about an invalid object that a module has. */
const INVALID = /^(?:(Deployment)\.apps|(PersistentVolumeClaim)) "([^"]+)" is invalid: /;

/** Lists of the pods in which the operator's entries come first. */
const SHARED_LISTS = ['env', 'envFrom', 'volumeMounts', 'volumes'] as const satisfies readonly (keyof BotModuleSpec)[];
type SharedList = (typeof SHARED_LISTS)[number];
type OwnEntries = Readonly<Record<SharedList, number>>;

/** Fields of the BotModule that are another field of the Deployment; the beginnings of their paths, the longest ones first. */
const RENAMED = [
  ['spec.template.metadata.labels', 'spec.podLabels'],
  ['spec.template.labels', 'spec.podLabels'],
  ['spec.template.metadata.annotations', 'spec.podAnnotations'],
  ['spec.template.annotations', 'spec.podAnnotations'],
  ['spec.template.spec.securityContext', 'spec.podSecurityContext'],
  ['spec.template.spec.containers[0].imagePullPolicy', 'spec.imagePullPolicy'],
  ['spec.template.spec.containers[0].ports[0].containerPort', 'spec.metricsPort'],
  ['spec.replicas', 'spec.size'],
] as const;

/**
 * A rejection of the Deployment or the claim of a module, with the fields as the BotModule has them: its author has never written
 * `spec.template.spec.containers[0].env[4]`. Other messages are unchanged.
 *
 * @example
 * rejectionText('Deployment.apps "eevee-echo-module" is invalid: spec.template.labels: Invalid value: "a b"', module, undefined);
 * // 'the API server refuses Deployment eevee-echo-module: spec.podLabels: Invalid value: "a b"'
 */
export function rejectionText(message: string, module: BotModule, nats: NatsConnection | undefined): string {
  const [prefix, deployment, claim, name] = INVALID.exec(message) ?? [];
  if (prefix === undefined) return message;
  const rest = message.slice(prefix.length);
  const fields =
    claim === undefined ? withModuleFields(rest, ownEntries(module, nats)) : rest.replace(/^(\[?)spec\b/, '$1spec.persistentVolumeClaim');
  return `the API server refuses ${deployment ?? claim} ${name}: ${fields}`;
}

const withModuleFields = (text: string, own: OwnEntries): string =>
  text.replaceAll(/\bspec\.(?:template|replicas)\b(?:\.[A-Za-z]+(?:\[\d+\])?)*/g, (path) => modulePath(path, own));

function modulePath(path: string, own: OwnEntries): string {
  const renamed = RENAMED.find(([field]) => path.startsWith(field));
  if (renamed !== undefined) return `${renamed[1]}${path.slice(renamed[0].length)}`;
  const [, sidecar, ofSidecar = ''] = /^spec\.template\.spec\.containers\[(\d+)\](.*)$/.exec(path) ?? [];
  if (sidecar !== undefined && sidecar !== '0') return `spec.sidecars[${Number(sidecar) - 1}]${ofSidecar}`;
  const field = path.replace(/^spec\.template\.spec(?:\.containers\[0\])?/, 'spec');
  const [, list, index, ofEntry = ''] = /^spec\.(env|envFrom|volumeMounts|volumes)\[(\d+)\](.*)$/.exec(field) ?? [];
  if (list === undefined) return field;
  const position = Number(index) - own[list as SharedList];
  return position < 0 ? path : `spec.${list}[${position}]${ofEntry}`;
}

/** Number of the operator's entries in each list. */
function ownEntries(module: BotModule, nats: NatsConnection | undefined): OwnEntries {
  const input = { configChecksum: undefined, apiTokenChecksum: undefined, secretChecksum: undefined };
  const made = desiredDeployment({ module, nats, operatorApiUrl: '', stopped: false, hasSingleWriter: false, ...input });
  const pod = made.spec?.template.spec;
  const lists = { ...pod?.containers[0], volumes: pod?.volumes };
  const entries = SHARED_LISTS.map((list) => [list, (lists[list]?.length ?? 0) - (module.spec[list]?.length ?? 0)] as const);
  return Object.fromEntries(entries) as Record<SharedList, number>;
}
