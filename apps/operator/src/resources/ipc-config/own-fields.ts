/** Fields of an IpcConfig that are other fields of the objects made for it. */
import { type OwnField, rejectionText, renamedFields, type RenamedField } from '../rejection-text.ts';

const MANAGED = 'spec.nats.managed';
const POD = 'spec.template.spec';
const CLAIM = 'spec.volumeClaimTemplates[0].spec';

const underSameName = (at: string, names: readonly string[]): readonly RenamedField[] =>
  names.map((name) => [`${at}.${name}`, `${MANAGED}.${name}`]);

const workload = renamedFields(
  ['spec.template.metadata.labels', `${MANAGED}.podLabels`],
  ['spec.template.labels', `${MANAGED}.podLabels`],
  ['spec.template.metadata.annotations', `${MANAGED}.podAnnotations`],
  ['spec.template.annotations', `${MANAGED}.podAnnotations`],
  [`${POD}.securityContext`, `${MANAGED}.podSecurityContext`],
  ...underSameName(`${POD}.containers[0]`, ['imagePullPolicy', 'image', 'resources']),
  ...underSameName(POD, ['nodeSelector', 'tolerations', 'affinity', 'topologySpreadConstraints', 'imagePullSecrets', 'priorityClassName']),
  ['spec.replicas', `${MANAGED}.replicas`],
  [`${CLAIM}.resources.requests`, `${MANAGED}.jetstream.size`],
  [`${CLAIM}.resources`, `${MANAGED}.jetstream.size`],
  [`${CLAIM}.storageClassName`, `${MANAGED}.jetstream.storageClassName`],
);

const OWN_FIELDS: Readonly<Record<string, OwnField>> = {
  Deployment: workload,
  StatefulSet: workload,
  Certificate: renamedFields(['spec.issuerRef', 'spec.nats.tls.issuerRef']),
};

/** cert-manager's webhook does not name the object that it refuses. */
const OF_CERT_MANAGER = /^(admission webhook "webhook\.cert-manager\.io" denied the request: )(.*)$/s;

/** A rejection of an object of a NATS, with the fields as the IpcConfig has them. */
export function ipcRejectionText(message: string): string {
  const [, denied = '', rest = ''] = OF_CERT_MANAGER.exec(message) ?? [];
  if (denied === '') return rejectionText(message, OWN_FIELDS);
  return `${denied}${rest.replaceAll(/\bspec\.issuerRef\b/g, 'spec.nats.tls.issuerRef')}`;
}
