import { type ControlPlane, eventually } from '@eeveebot/testing';

/** A permission, as in a message of the API server about a missing one. */
export interface Permission {
  readonly verb: string;
  readonly group: string;
  /** Plural, or with a subresource such as `botmodules/status`. */
  readonly resource: string;
}

/** Verbs of all permissions. */
export const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** Resources that the operator works with. */
const RESOURCES: Readonly<Record<string, readonly string[]>> = {
  '': ['configmaps', 'services', 'secrets', 'persistentvolumeclaims', 'pods', 'events'],
  apps: ['deployments', 'statefulsets'],
  batch: ['jobs', 'cronjobs'],
  policy: ['poddisruptionbudgets'],
  'monitoring.coreos.com': ['podmonitors'],
  'cert-manager.io': ['certificates'],
  'coordination.k8s.io': ['leases'],
  'eevee.bot': ['botmodules', 'ipcconfigs', 's3stores', 'backupschedules', 'backuprestores'].flatMap((kind) => [
    kind,
    `${kind}/status`,
    `${kind}/finalizers`,
  ]),
};

const rulesWithout = (lost: readonly Permission[]): readonly object[] =>
  Object.entries(RESOURCES).flatMap(([group, resources]) =>
    resources.flatMap((resource) => {
      const taken = new Set(lost.filter((each) => each.group === group && each.resource === resource).map(({ verb }) => verb));
      const verbs = VERBS.filter((verb) => !taken.has(verb));
      return verbs.length === 0 ? [] : [{ apiGroups: [group], resources: [resource], verbs }];
    }),
  );

/** Grants a user everything that the operator needs in a namespace, except for `lost`, and waits until that is in force. */
export async function grantAllBut(
  kube: ControlPlane,
  { user, namespace }: { readonly user: string; readonly namespace: string },
  ...lost: readonly Permission[]
): Promise<void> {
  const metadata = { name: user, namespace };
  const apiGroup = 'rbac.authorization.k8s.io';
  await kube.apply(
    { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules: rulesWithout(lost) },
    {
      ...{ apiVersion: `${apiGroup}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup, kind: 'Role', name: user },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  );
  const may = ({ verb, group, resource }: Permission): Promise<boolean> => {
    const [plural = '', subresource] = resource.split('/');
    const about = [group === '' ? plural : `${plural}.${group}`, ...(subresource === undefined ? [] : [`--subresource=${subresource}`])];
    return kube.kubectl(['auth', 'can-i', verb, ...about, '-n', namespace, `--as=${user}`]).then(
      () => true,
      () => false,
    );
  };
  for (const each of lost) await eventually(async () => !(await may(each)), { what: `${each.verb} ${each.resource} to be forbidden` });
  if (lost.length > 0) return;
  const all: readonly Permission[] = [
    { verb: 'watch', group: '', resource: 'secrets' },
    { verb: 'patch', group: 'eevee.bot', resource: 'botmodules/status' },
  ];
  for (const each of all) await eventually(() => may(each), { what: `${each.verb} ${each.resource} to be allowed` });
}
