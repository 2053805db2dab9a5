{{- /*
The HTTP API's token: {token, owned}. `owned` is false if the Secret exists and does not belong to this release.
The result is the same throughout one rendering: a generated token is kept in .Values.

Helm deletes an object that is no longer in its release, whoever has created the present one. A Secret that the last revision
contained therefore stays in the release, although a user has replaced it.
*/ -}}
{{- define "operator.apiToken" -}}
{{- if not (hasKey .Values "madeApiToken") -}}
  {{- $existing := lookup "v1" "Secret" .Release.Namespace "eevee-operator-api-token" -}}
  {{- $token := .Values.operatorApiToken.token -}}
  {{- $owned := true -}}
  {{- if $existing -}}
    {{- $annotations := $existing.metadata.annotations | default dict -}}
    {{- $owned = eq (get $annotations "meta.helm.sh/release-name") .Release.Name -}}
    {{- $kept := get ($existing.data | default dict) "token" | b64dec -}}
    {{- if and $token (not $owned) (ne $token $kept) -}}
      {{- fail "\n\nThe Secret eevee-operator-api-token exists, does not belong to this release, and holds another token than operatorApiToken.token: delete the Secret, or leave operatorApiToken.token empty to use what it holds.\n" -}}
    {{- end -}}
    {{- $token = $token | default $kept -}}
    {{- if and (not $owned) .Release.IsUpgrade -}}
      {{- $live := list (lookup "apps/v1" "Deployment" .Release.Namespace (include "operator.name" .)) -}}
      {{- /* The last revision may have had another nameOverride or fullnameOverride. */ -}}
      {{- if not (index $live 0) }}{{ $live = (lookup "apps/v1" "Deployment" .Release.Namespace "").items | default list }}{{ end -}}
      {{- range $live -}}
        {{- $annotations := .metadata.annotations | default dict -}}
        {{- $isOurs := eq (get $annotations "meta.helm.sh/release-name") $.Release.Name -}}
        {{- if and $isOurs (eq (get $annotations "eevee.bot/api-token-secret") "created") }}{{ $owned = true }}{{ end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set .Values "madeApiToken" (dict "token" ($token | default (randAlphaNum 48)) "owned" $owned) -}}
{{- end -}}
{{- toYaml .Values.madeApiToken -}}
{{- end -}}

{{- /* Who has created the Secret of the token, for the next upgrade: `created` by this release, or `given` by a user. */ -}}
{{- define "operator.apiTokenSecret" -}}
{{- if not .Values.operatorApiToken.create -}}
  {{- if .Release.IsUpgrade -}}
    {{- $existing := lookup "v1" "Secret" .Release.Namespace "eevee-operator-api-token" -}}
    {{- $annotations := ($existing.metadata).annotations | default dict -}}
    {{- if and (eq (get $annotations "meta.helm.sh/release-name") .Release.Name) (ne (get $annotations "helm.sh/resource-policy") "keep") -}}
      {{- fail (printf "\n\nThis upgrade would delete the Secret eevee-operator-api-token, which release %s created, because operatorApiToken.create is false now.\nNothing was changed. Tell Helm to keep it, then run the upgrade again:\n\n  kubectl -n %s annotate secret eevee-operator-api-token helm.sh/resource-policy=keep\n" .Release.Name .Release.Namespace) -}}
    {{- end -}}
  {{- end -}}
given
{{- else -}}
{{- (include "operator.apiToken" . | fromYaml).owned | ternary "created" "given" -}}
{{- end -}}
{{- end -}}
