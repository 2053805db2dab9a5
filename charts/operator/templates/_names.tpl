{{- /* The beginning of a name, which must not end with a dash or a dot. */ -}}
{{- define "operator.cutName" -}}
{{- regexReplaceAll "[-.]+$" (trunc .length .name) "" -}}
{{- end -}}

{{- define "operator.name" -}}
{{- $name := .Values.nameOverride | default "operator" -}}
{{- if .Values.fullnameOverride -}}
{{- include "operator.cutName" (dict "name" .Values.fullnameOverride "length" 63) -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" (include "operator.cutName" (dict "name" .Release.Name "length" (int (sub 62 (len $name))))) $name -}}
{{- end -}}
{{- end -}}

{{- /* Cluster-wide objects need a name that no release of another namespace has; a colon occurs in neither part. */ -}}
{{- define "operator.clusterName" -}}
{{- printf "eevee:%s:%s" .Release.Namespace (include "operator.name" .) -}}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "operator.name" .) -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "operator.selector" -}}
app.kubernetes.io/name: operator
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- /* Labels without the chart's version, so that a new version does not restart the pod. */ -}}
{{- define "operator.podLabels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/component: operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: eevee
{{- end -}}

{{- /* Labels from the values, over which the chart's own take precedence: (dict "own" "operator.labels" "given" map "root" $). */ -}}
{{- define "operator.mergedLabels" -}}
{{- toYaml (merge (include .own .root | fromYaml) (.given | default dict)) -}}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.podLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* Whether a value is true or "true". */ -}}
{{- define "operator.watchesOtherNamespaces" -}}
{{- if eq (toString .Values.operator.operator.env.watchOtherNamespaces) "true" }}true{{ end -}}
{{- end -}}

{{- /* The watched namespaces if these are neither all nor only its own: {names}. */ -}}
{{- define "operator.watchedNamespaces" -}}
{{- $given := .Values.operator.operator.env.watchNamespaces -}}
{{- $names := kindIs "string" $given | ternary (splitList "," (toString $given)) $given -}}
{{- $wanted := list -}}
{{- range $names }}{{ with trim (toString .) }}{{ $wanted = append $wanted . }}{{ end }}{{ end -}}
{{- if and $wanted (include "operator.watchesOtherNamespaces" .) -}}
{{- fail "\n\noperator.operator.env.watchNamespaces lists namespaces and operator.operator.env.watchOtherNamespaces asks for all: set one of the two.\n" -}}
{{- end -}}
{{- dict "names" (uniq $wanted | sortAlpha) | toYaml -}}
{{- end -}}

{{- /* Identifies the owner of a Lease: all replicas of a release have the same value, and other operators do not. */ -}}
{{- define "operator.release" -}}
{{- printf "%s/%s" .Release.Namespace .Release.Name -}}
{{- end -}}

{{- /* Name of a port of the Service, which Kubernetes requires if there are several; the first is the HTTP API. */ -}}
{{- define "operator.portName" -}}
{{- .port.name | default (eq .index 0 | ternary "http" (printf "port-%d" .index)) -}}
{{- end -}}
