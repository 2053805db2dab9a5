/** Permission that the operator needs in a namespace that it watches. */
export interface Right {
  readonly group: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly why: string;
}

/** `list` and `watch` fill the cache; an apply is a `patch`, or a `create` for a new object. */
const READS = ['get', 'list', 'watch'];
const OWNS = [...READS, 'create', 'patch', 'delete'];
const KINDS = ['botmodules', 'ipcconfigs', 's3stores', 'backupschedules', 'backuprestores'];

export const OPERATOR_RIGHTS: readonly Right[] = [
  { group: 'eevee.bot', resources: KINDS, verbs: READS, why: 'what people ask for' },
  {
    group: 'eevee.bot',
    resources: ['backuprestores'],
    verbs: ['patch'],
    why: 'the finalizer of a restore, which keeps its volume claimed until its Job has ended',
  },
  { group: 'eevee.bot', resources: KINDS.map((kind) => `${kind}/status`), verbs: ['patch'], why: 'what became of it' },
  {
    group: 'eevee.bot',
    resources: KINDS.map((kind) => `${kind}/finalizers`),
    verbs: ['update'],
    why: 'owner references that block the deletion of the owner',
  },
  { group: 'apps', resources: ['deployments', 'statefulsets'], verbs: OWNS, why: 'modules and NATS; deleted when disabled' },
  { group: 'batch', resources: ['jobs', 'cronjobs'], verbs: OWNS, why: 'backups and restores' },
  { group: 'policy', resources: ['poddisruptionbudgets'], verbs: OWNS, why: 'NATS of several servers, modules of several pods' },
  { group: '', resources: ['configmaps'], verbs: OWNS, why: 'configuration of modules' },
  { group: '', resources: ['services'], verbs: OWNS, why: 'NATS; modules that ask for one' },
  { group: '', resources: ['secrets'], verbs: OWNS, why: 'tokens and configuration of NATS; tokens of the HTTP API' },
  { group: 'monitoring.coreos.com', resources: ['podmonitors'], verbs: OWNS, why: 'metrics of modules that ask for it' },
  {
    group: 'cert-manager.io',
    resources: ['certificates'],
    verbs: [...READS, 'create', 'patch'],
    why: 'certificates of NATS, owned by their IpcConfig; one of a user is not changed',
  },
  { group: '', resources: ['persistentvolumeclaims'], verbs: [...READS, 'create', 'patch'], why: 'data of modules: made, never deleted' },
  { group: '', resources: ['pods'], verbs: READS, why: 'why something is not ready' },
  {
    group: '',
    resources: ['events'],
    verbs: ['list', 'watch', 'create', 'patch'],
    why: 'events that a user should see on a resource; causes why a claim has no volume, a probe fails or a Job has no pod',
  },
];

/** In the operator's own namespace, and in those of a list that it watches. */
export const LEASE_RIGHTS: readonly Right[] = [
  {
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'list', 'watch', 'create', 'update'],
    why: 'of several operators one works in a namespace',
  },
];

/** In all namespaces, when it watches all: to detect other operators in some of them. */
export const SEEN_LEASE_RIGHTS: readonly Right[] = [
  { group: 'coordination.k8s.io', resources: ['leases'], verbs: ['list', 'watch'], why: 'another operator of one namespace' },
];

/** Permissions that the operator's token must not have. */
export const FORBIDDEN: readonly Right[] = [
  { group: 'apiextensions.k8s.io', resources: ['customresourcedefinitions'], verbs: ['create', 'update', 'patch', 'delete'], why: '' },
  { group: '', resources: ['persistentvolumeclaims'], verbs: ['delete', 'deletecollection', 'update'], why: '' },
  { group: '', resources: ['pods'], verbs: ['create', 'delete', 'patch'], why: '' },
  { group: '', resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'serviceaccounts/token'], verbs: ['create', 'get'], why: '' },
  { group: '', resources: ['nodes', 'namespaces', 'persistentvolumes'], verbs: ['get', 'list', 'create', 'delete'], why: '' },
  { group: '', resources: ['secrets', 'configmaps'], verbs: ['deletecollection', 'update'], why: '' },
  {
    group: 'rbac.authorization.k8s.io',
    resources: ['roles', 'rolebindings', 'clusterroles'],
    verbs: ['create', 'patch', 'escalate', 'bind'],
    why: '',
  },
  { group: 'eevee.bot', resources: KINDS, verbs: ['create', 'update', 'delete'], why: '' },
  { group: 'eevee.bot', resources: KINDS.filter((kind) => kind !== 'backuprestores'), verbs: ['patch'], why: '' },
  { group: 'apps', resources: ['daemonsets', 'replicasets'], verbs: ['create', 'patch', 'delete'], why: '' },
];
