const KINDS = {
  Certificate: { group: 'cert-manager.io', plural: 'certificates' },
  PodMonitor: { group: 'monitoring.coreos.com', plural: 'podmonitors' },
} as const;

/** Name of the definition of a kind of another project. */
export const foreignDefinitionName = (kind: keyof typeof KINDS): string => `${KINDS[kind].plural}.${KINDS[kind].group}`;

/** Definition of a kind of another project, as far as the API server needs it. */
export function foreignDefinition(kind: keyof typeof KINDS): object {
  const { group, plural } = KINDS[kind];
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: foreignDefinitionName(kind) },
    spec: { group, scope: 'Namespaced', names: { kind, plural }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
  };
}
