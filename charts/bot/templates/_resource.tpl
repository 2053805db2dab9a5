{{- define "bot.labels" -}}
app.kubernetes.io/name: bot
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: {{ .Values.name | quote }}
{{- end -}}

{{- /*
Whether a chart of this release has rendered a resource: (dict "root" $ "kind" "IpcConfig" "name" "eevee-bot"). The map .Release is the same
for all charts of a release; their values are not.
*/ -}}
{{- define "bot.isRendered" -}}
{{- if hasKey (.root.Release.resourcesOfBots | default dict) (printf "%s %s" .kind .name) -}}true{{- end -}}
{{- end -}}

{{- /* One resource of eevee: (dict "root" $ "kind" "BotModule" "item" {name, spec, annotations, labels}). */ -}}
{{- define "bot.resource" -}}
{{- $rendered := .root.Release.resourcesOfBots | default dict -}}
{{- $resource := printf "%s %s" .kind .item.name -}}
{{- if hasKey $rendered $resource -}}
  {{- $charts := list (get $rendered $resource) .root.Chart.Name | uniq | sortAlpha -}}
  {{- fail (printf "\n\nThis release has the %s twice, in chart %s: rename or remove one of the two.\n" $resource (join " and chart " $charts)) -}}
{{- end -}}
{{- $_ := set .root.Release "resourcesOfBots" (set $rendered $resource .root.Chart.Name) -}}
{{- if .root.Capabilities.APIVersions.Has (printf "eevee.bot/v1/%s" (lower .kind)) -}}
{{- fail (printf "\n\nThis cluster has definitions of eevee 2.x (kind %s instead of %s), which have to be replaced once, by hand. Pods and data stay.\nThe steps are in docs/upgrade-from-2.x.md. Nothing was changed.\n" (lower .kind) .kind) -}}
{{- end -}}
{{- /*
Helm creates the definitions before it renders an installation. In an upgrade it requires the kind before any hook runs.
Without a cluster (helm template) Helm lists API groups only, no kinds such as v1/Pod.
*/ -}}
{{- if and .root.Release.IsUpgrade (.root.Capabilities.APIVersions.Has "v1/Pod") (not (.root.Capabilities.APIVersions.Has (printf "eevee.bot/v1/%s" .kind))) -}}
{{- fail (printf "\n\nThis cluster has no definition of %s, and an upgrade that uses it cannot bring it. Apply the definitions first, then run this upgrade again:\n  helm show crds charts/crds | kubectl apply --server-side --force-conflicts -f -\nNothing was changed.\n" .kind) -}}
{{- end -}}
{{- if .root.Capabilities.APIVersions.Has (printf "eevee.bot/v1/%s" .kind) -}}
  {{- $live := lookup "eevee.bot/v1" .kind .root.Release.Namespace .item.name -}}
  {{- $owner := get (($live.metadata).annotations | default dict) "meta.helm.sh/release-name" -}}
  {{- if and $owner (ne $owner .root.Release.Name) -}}
    {{- fail (printf "\n\nRelease %s has the %s %s in namespace %s already: add what you need to that release, or install this one into another namespace.\nNothing was changed.\n" $owner .kind .item.name .root.Release.Namespace) -}}
  {{- end -}}
{{- end -}}
apiVersion: eevee.bot/v1
kind: {{ .kind }}
metadata:
  name: {{ .item.name | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
  labels:
    {{- /* The chart's own labels take precedence. */}}
    {{- toYaml (merge (include "bot.labels" .root | fromYaml) (.item.labels | default dict)) | nindent 4 }}
  {{- with .item.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml .item.spec | nindent 2 }}
{{- end -}}

{{- /*
The IpcConfig of this release as YAML {name, spec, …}: the one in the values; otherwise, if a module names eevee-bot, the default of
the 2.x chart, unless another release created it; otherwise nothing.
*/ -}}
{{- define "bot.ipcConfig" -}}
{{- if (.Values.ipcConfig).name -}}
  {{- toYaml .Values.ipcConfig -}}
{{- else -}}
  {{- $isNamed := false -}}
  {{- range (include "bot.modules" . | fromYaml).items -}}
    {{- if eq (.spec.ipcConfig | default "") "eevee-bot" -}}{{- $isNamed = true -}}{{- end -}}
  {{- end -}}
  {{- $live := dict -}}
  {{- if and $isNamed (.Capabilities.APIVersions.Has "eevee.bot/v1/IpcConfig") -}}
    {{- $live = lookup "eevee.bot/v1" "IpcConfig" .Release.Namespace "eevee-bot" -}}
  {{- end -}}
  {{- $isOurs := or (not $live) (eq (get (($live.metadata).annotations | default dict) "meta.helm.sh/release-name") .Release.Name) -}}
  {{- if and $isNamed $isOurs -}}
name: eevee-bot
spec:
  nats:
    managed:
      enabled: true
    token:
      generate: true
      secretKeyRef:
        secret:
          name: nats-auth-secret
        key: token
  {{- end -}}
{{- end -}}
{{- end -}}
