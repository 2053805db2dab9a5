{{- /*
The HTTP API's token: {token, owned}. `owned` is false if the Secret exists and does not belong to this release.
The result is the same throughout one rendering: a generated token is kept in .Values.
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
  {{- end -}}
  {{- $_ := set .Values "madeApiToken" (dict "token" ($token | default (randAlphaNum 48)) "owned" $owned) -}}
{{- end -}}
{{- toYaml .Values.madeApiToken -}}
{{- end -}}
