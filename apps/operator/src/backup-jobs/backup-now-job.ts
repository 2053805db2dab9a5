import { ANNOTATION, backupNowJobName, defined } from '@eeveebot/contract';
import type { Desired } from '../controller/objects/desired.ts';
import type { ObjectMeta } from '../controller/objects/kube-object.ts';
import type { Job, JobSpec } from '../resource-types/kubernetes.ts';

/** The template of a CronJob's Jobs. */
interface JobTemplate {
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>;
  readonly spec?: JobSpec;
}

/**
 * The Job of an immediate backup, like that of `kubectl create job --from=cronjob/…`: it counts toward the history of the CronJob.
 *
 * @param cronJob metadata of the CronJob.
 * @param request the same request always gives the same Job.
 */
export function backupNowJob(cronJob: ObjectMeta, { metadata, spec }: JobTemplate, request: string): Desired<Job> {
  const { name, namespace = '', uid = '' } = cronJob;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: backupNowJobName(name, request),
      namespace,
      ...defined({ labels: metadata?.labels }),
      annotations: { ...metadata?.annotations, 'cronjob.kubernetes.io/instantiate': 'manual', [ANNOTATION.backupNow]: request },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }],
    },
    ...defined({ spec }),
  };
}
