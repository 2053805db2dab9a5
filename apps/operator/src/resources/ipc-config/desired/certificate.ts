import { natsHeadlessServiceName, natsName, natsTlsSecretName } from '@eeveebot/contract';
import type { IpcConfig } from '@eeveebot/crds';
import type { Desired } from '../../../controller/objects/desired.ts';
import type { KubeObject } from '../../../controller/objects/kube-object.ts';
import type { ResourceType } from '../../../controller/objects/resource-type.ts';
import { NATS_POD } from '../../../resource-types/kinds.ts';
import { ipcOwner, natsLabels } from './metadata.ts';
import { natsTopology } from './topology.ts';

/** The fields of cert-manager's Certificate that the operator writes. */
export interface Certificate extends KubeObject {
  readonly spec: {
    readonly secretName: string;
    readonly dnsNames: readonly string[];
    readonly issuerRef: { readonly name: string; readonly kind: string; readonly group: string };
    /** Uses of the key. By default, the certificate does not say whether it is for servers or for clients. */
    readonly usages?: readonly string[];
    readonly privateKey: { readonly rotationPolicy: 'Always' };
  };
}

/**
 * Certificates of NATS, which are written, never read. Others are not watched, and the kind is missing where cert-manager is not installed.
 *
 * @see https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.Certificate
 */
export const CERTIFICATE: ResourceType<Certificate> = {
  apiVersion: 'cert-manager.io/v1',
  kind: 'Certificate',
  plural: 'certificates',
  labelSelector: NATS_POD.labelSelector ?? '',
  metadataOnly: true,
  isOptional: true,
};

/** The server that opens a route to another one is its client. */
const ROUTE_USAGES = ['digital signature', 'key encipherment', 'server auth', 'client auth'];

/** The certificate to request from cert-manager; `undefined` unless the spec names an issuer. */
export function desiredCertificate(ipcConfig: IpcConfig, clusterDomain: string): Desired<Certificate> | undefined {
  const issuerRef = ipcConfig.spec.nats.tls?.issuerRef;
  if (issuerRef === undefined) return undefined;
  const { name, namespace } = ipcConfig.metadata;
  const service = `${natsName(name)}.${namespace}.svc`;
  const servers = `*.${natsHeadlessServiceName(name)}.${namespace}.svc`;
  return {
    apiVersion: CERTIFICATE.apiVersion,
    kind: CERTIFICATE.kind,
    metadata: { name: natsName(name), namespace, labels: natsLabels(ipcConfig), ownerReferences: [ipcOwner(ipcConfig)] },
    spec: {
      secretName: natsTlsSecretName(name),
      dnsNames: [
        natsName(name),
        `${natsName(name)}.${namespace}`,
        service,
        `${service}.${clusterDomain}`,
        servers,
        `${servers}.${clusterDomain}`,
      ],
      issuerRef,
      ...(natsTopology(ipcConfig).replicas > 1 && { usages: ROUTE_USAGES }),
      privateKey: { rotationPolicy: 'Always' },
    },
  };
}
