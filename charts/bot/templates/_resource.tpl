{{- /* One resource of eevee: (dict "root" $ "kind" "BotModule" "item" {name, spec, annotations, labels}). */ -}}
{{- define "bot.resource" -}}
{{- if .root.Capabilities.APIVersions.Has (printf "eevee.bot/v1/%s" (lower .kind)) -}}
{{- fail (printf "\n\nThis cluster has definitions of eevee 2.x (kind %s instead of %s), which have to be replaced once, by hand. Pods and data stay.\nThe steps are in docs/upgrade-from-2.x.md. Nothing was changed.\n" (lower .kind) .kind) -}}
{{- end -}}
{{- /* An installation makes definitions before it renders; in an upgrade Helm looks for the kind before any hook runs. */ -}}
{{- if and .root.Release.IsUpgrade (not (.root.Capabilities.APIVersions.Has (printf "eevee.bot/v1/%s" .kind))) -}}
{{- fail (printf "\n\nThis cluster has no definition of %s, and an upgrade that uses it cannot bring it. Apply the definitions first, then run this upgrade again:\n  helm show crds charts/crds | kubectl apply --server-side --force-conflicts -f -\nNothing was changed.\n" .kind) -}}
{{- end -}}
apiVersion: eevee.bot/v1
kind: {{ .kind }}
metadata:
  name: {{ .item.name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    app.kubernetes.io/name: bot
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
    app.kubernetes.io/part-of: {{ .root.Values.name }}
    {{- with .item.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .item.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- toYaml .item.spec | nindent 2 }}
{{- end -}}
