/** Fields of the kinds whose Jobs run the backup tool, which configure the pods of those Jobs. */
import { Type } from 'typebox';
import { objectName } from './fields.ts';
import { imagePullSecrets, podAnnotations, podLabels, resources } from './pod-fields.ts';

export const jobFields = {
  resources: Type.Optional(resources('CPU and memory of the container. Default: requests of 100m and 128Mi, limits of 2 CPUs and 512Mi.')),
  podLabels: Type.Optional(
    podLabels(
      'Additional labels of the pods. Defaults that a label here replaces: sidecar.istio.io/inject is false and kuma.io/sidecar-injection is disabled, because a sidecar would keep the pod from completing.',
    ),
  ),
  podAnnotations: Type.Optional(
    podAnnotations(
      'Additional annotations of the pods. Defaults that an annotation here replaces: sidecar.istio.io/inject, linkerd.io/inject and consul.hashicorp.com/connect-inject opt out of sidecars.',
    ),
  ),
  imagePullSecrets: Type.Optional(imagePullSecrets('Secrets with the credentials to pull the image. Default: those of the module.')),
  priorityClassName: Type.Optional(objectName('PriorityClass of the pods. Default: that of the cluster.')),
};
