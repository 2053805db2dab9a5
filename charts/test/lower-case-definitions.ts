/** The five kinds in the spelling of the 2.x definitions. */
export const KINDS = ['backuprestore', 'backupschedule', 'botmodule', 'ipcconfig', 's3store'].map((kind) => ({ kind, plural: `${kind}s` }));

/** A definition in the form of 2.x: its kind in lower case. */
export function lowerCaseDefinition(plural: string): object {
  const kind = plural.slice(0, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.eevee.bot` },
    spec: {
      group: 'eevee.bot',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind, listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}
