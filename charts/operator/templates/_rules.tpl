{{- /* Permissions of the operator in a namespace that it watches. charts/test/operator-rights.ts states the reason for each. */ -}}
{{- define "operator.rules" -}}
- apiGroups: [eevee.bot]
  resources: [botmodules, ipcconfigs, s3stores, backupschedules, backuprestores]
  verbs: [get, list, watch]
- apiGroups: [eevee.bot]
  resources: [botmodules/status, ipcconfigs/status, s3stores/status, backupschedules/status, backuprestores/status]
  verbs: [patch]
# The finalizer of a restore, which keeps its volume claimed until its Job has ended.
- apiGroups: [eevee.bot]
  resources: [backuprestores]
  verbs: [patch]
# Owners that block their deletion, if the API server checks it (OwnerReferencesPermissionEnforcement).
- apiGroups: [eevee.bot]
  resources: [botmodules/finalizers, ipcconfigs/finalizers, s3stores/finalizers, backupschedules/finalizers, backuprestores/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [batch]
  resources: [jobs, cronjobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: ['']
  resources: [configmaps, services, secrets]
  verbs: [get, list, watch, create, patch, delete]
# No deletion: the operator never deletes volumes.
- apiGroups: ['']
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, create, patch]
# Metrics of modules, if prometheus-operator is installed.
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, list, watch, create, patch, delete]
# Certificates of NATS, if cert-manager is installed.
- apiGroups: [cert-manager.io]
  resources: [certificates]
  verbs: [get, list, watch, create, patch]
- apiGroups: ['']
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: ['']
  resources: [events]
  verbs: [list, watch, create, patch]
{{- end -}}

{{- /* The Leases of the operator's own namespace and of those that it watches: only one of several operators works there. */ -}}
{{- define "operator.leaseRules" -}}
# The permission to create cannot be restricted to a name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [eevee-operator-leader]
  verbs: [get, list, watch, update]
{{- end -}}
