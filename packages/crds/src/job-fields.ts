/** Fields of the kinds whose Jobs run the backup tool, which configure the pods of those Jobs. */
import { Type } from 'typebox';
import { objectName } from './fields.ts';
import { imagePullSecrets, podAnnotations, podLabels, resources } from './pod-fields.ts';

export const jobFields = {
  resources: Type.Optional(
    resources('CPU and memory of the container. Unless given, it requests 100m and 128Mi and is limited to 2 CPUs and 512Mi.'),
  ),
  podLabels: Type.Optional(
    podLabels(
      'Further labels of the pods. Unless given here, sidecar.istio.io/inject is false and kuma.io/sidecar-injection disabled: a sidecar would keep a pod from ending.',
    ),
  ),
  podAnnotations: Type.Optional(
    podAnnotations(
      'Further annotations of the pods. Unless given here, those that opt out of sidecars are set: sidecar.istio.io/inject, linkerd.io/inject and consul.hashicorp.com/connect-inject.',
    ),
  ),
  imagePullSecrets: Type.Optional(imagePullSecrets('Secrets to pull the image with. Those of the module unless given.')),
  priorityClassName: Type.Optional(objectName("PriorityClass of the pods. The cluster's default unless given.")),
};
