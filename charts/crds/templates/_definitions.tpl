{{- /*
What has to be done about the definitions, as YAML: {foreign: [], outdated: [], missing: [], newer: []}, names of files
under crds/ but for `foreign`, which holds sentences. Where there is no cluster to look at (helm template), all are empty.
*/ -}}
{{- define "crds.plan" -}}
{{- $plan := dict "foreign" list "outdated" list "missing" list "newer" list -}}
{{- range $file, $_ := .Files.Glob "crds/*.yaml" -}}
  {{- $wanted := $.Files.Get $file | fromYaml -}}
  {{- $live := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" $wanted.metadata.name -}}
  {{- if $live -}}
    {{- $annotations := $live.metadata.annotations | default dict -}}
    {{- $version := get $annotations "eevee.bot/crd-version" -}}
    {{- if ne $live.spec.names.kind $wanted.spec.names.kind -}}
      {{- $_ := set $plan "foreign" (append $plan.foreign (printf "%s (kind %s instead of %s)" $wanted.metadata.name $live.spec.names.kind $wanted.spec.names.kind)) -}}
    {{- else if eq (get $annotations "eevee.bot/crd-checksum") (get $wanted.metadata.annotations "eevee.bot/crd-checksum") -}}
    {{- else if and $version (semverCompare (printf ">%s" (get $wanted.metadata.annotations "eevee.bot/crd-version")) $version) -}}
      {{- $_ := set $plan "newer" (append $plan.newer $file) -}}
    {{- else -}}
      {{- $_ := set $plan "outdated" (append $plan.outdated $file) -}}
    {{- end -}}
  {{- else if $.Release.IsUpgrade -}}
    {{- $_ := set $plan "missing" (append $plan.missing $file) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $plan -}}
{{- end -}}

{{- define "crds.updateName" -}}
{{- printf "%s-crds-update" .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* Cluster-wide objects need a name that no release of another namespace has. */ -}}
{{- define "crds.clusterUpdateName" -}}
{{- printf "%s-%s" .Release.Namespace (include "crds.updateName" .) -}}
{{- end -}}

{{- define "crds.hook" -}}
labels:
  app.kubernetes.io/name: crds
  app.kubernetes.io/instance: {{ .root.Release.Name }}
  app.kubernetes.io/component: crds-update
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  app.kubernetes.io/part-of: eevee
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
