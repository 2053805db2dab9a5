{{- /*
Required changes of the definitions as YAML: {foreign: [], outdated: [], missing: [], newer: []}, with names of files
under crds/, and sentences in `foreign`. Without access to a cluster (helm template) all lists are empty.
*/ -}}
{{- define "crds.plan" -}}
{{- $plan := dict "foreign" list "outdated" list "missing" list "newer" list -}}
{{- /* Without a cluster (helm template --is-upgrade) Helm lists API groups only, no kinds such as v1/Pod. */ -}}
{{- $hasCluster := .Capabilities.APIVersions.Has "v1/Pod" -}}
{{- range $file, $_ := .Files.Glob "crds/*.yaml" -}}
  {{- /* Parsing their schemas as well would take most of the time of a Helm command. */ -}}
  {{- $wanted := regexSplit "\\n  versions:" ($.Files.Get $file) 2 | first | fromYaml -}}
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
  {{- else if and $.Release.IsUpgrade $hasCluster -}}
    {{- $_ := set $plan "missing" (append $plan.missing $file) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $plan -}}
{{- end -}}

{{- define "crds.fullname" -}}
{{- $name := .Values.fullnameOverride | default (printf "%s-%s" .Release.Name (.Values.nameOverride | default "crds")) -}}
{{- regexReplaceAll "[-.]+$" (trunc 56 $name) "" -}}
{{- end -}}

{{- define "crds.updateName" -}}
{{- printf "%s-update" (include "crds.fullname" .) -}}
{{- end -}}

{{- /* Cluster-wide objects need a name that no release of another namespace has; a colon occurs in neither part. */ -}}
{{- define "crds.clusterUpdateName" -}}
{{- printf "eevee:%s:%s" .Release.Namespace (include "crds.updateName" .) -}}
{{- end -}}

{{- define "crds.labels" -}}
app.kubernetes.io/name: crds
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: eevee
{{- end -}}

{{- define "crds.hook" -}}
labels:
  {{- include "crds.labels" .root | nindent 2 }}
  app.kubernetes.io/component: crds-update
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  # Helm 3.18 and later prints why the update failed; before, `kubectl logs` of the Job's pod does.
  helm.sh/hook-output-log-policy: hook-failed
{{- end -}}
