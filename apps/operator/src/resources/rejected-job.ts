import type { BotModule } from '@eeveebot/crds';
import type { JobPodFields } from '../backup-jobs/backup-job.ts';
import { type OwnField, renamedFields, type RenamedField } from './rejection-text.ts';

/** Where the fields of a Job of the backup tool come from. */
export interface JobOrigin {
  /** The module whose files the Job reads or writes. */
  readonly module: BotModule;
  /** Whether the resource is that module. */
  readonly isOfModule?: boolean;
  /** Path of the fields that configure the pods, in the resource. */
  readonly podFields: string;
  readonly pod: JobPodFields | undefined;
  /** Path of the spec of the Job in the made object. */
  readonly jobSpec: 'spec' | 'spec.jobTemplate.spec';
  /** Further fields, which take precedence. Paths in the Job begin with `{job}` or `{pod}`. */
  readonly further?: readonly RenamedField[];
}

/** Fields of a Job of the backup tool, or of a CronJob with its template, as the author of the resource has written them. */
export function jobFields({ module, isOfModule = false, podFields, pod, jobSpec, further = [] }: JobOrigin): OwnField {
  const template = `${jobSpec}.template`;
  const podSpec = `${template}.spec`;
  const container = `${podSpec}.containers[0]`;
  const place = (path: string): string => path.replace('{job}', jobSpec).replace('{pod}', podSpec);
  const ofModule = (made: string, field: string): RenamedField =>
    isOfModule ? [made, `spec.${field}`] : [made, `spec.${field}`, `BotModule ${module.metadata.name}`];
  const renamed = renamedFields(
    ...further.map(([made, own, owner]): RenamedField => (owner === undefined ? [place(made), own] : [place(made), own, owner])),
    [`${template}.labels`, `${podFields}.podLabels`],
    [`${template}.metadata.labels`, `${podFields}.podLabels`],
    [`${template}.annotations`, `${podFields}.podAnnotations`],
    [`${template}.metadata.annotations`, `${podFields}.podAnnotations`],
    ...(pod?.imagePullSecrets === undefined
      ? [ofModule(`${podSpec}.imagePullSecrets`, 'imagePullSecrets')]
      : [[`${podSpec}.imagePullSecrets`, `${podFields}.imagePullSecrets`] as const]),
    [`${podSpec}.priorityClassName`, `${podFields}.priorityClassName`],
    [`${container}.resources`, `${podFields}.resources`],
    [`${container}.imagePullPolicy`, `${podFields}.imagePullPolicy`],
    [`${container}.image`, `${podFields}.image`],
    [`${jobSpec}.activeDeadlineSeconds`, `${podFields}.activeDeadlineSeconds`],
    ofModule(`${container}.securityContext`, 'securityContext'),
    ofModule(`${podSpec}.securityContext`, 'podSecurityContext'),
    ofModule(`${podSpec}.nodeSelector`, 'nodeSelector'),
    ofModule(`${podSpec}.tolerations`, 'tolerations'),
    ofModule(`${podSpec}.affinity.nodeAffinity`, 'affinity.nodeAffinity'),
  );
  // The number of a volume depends on the settings of the store.
  return (field) => renamed(field.replace(/\.volumes\[\d+\]\.ephemeral\.volumeClaimTemplate\./, '.scratch.'));
}
