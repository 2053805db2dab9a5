{{- /*
Fails if this upgrade would delete definitions: Helm deletes the objects of the release that are no longer in the chart,
unless the live object has the annotation helm.sh/resource-policy: keep. Hooks cannot set it reliably (--no-hooks).
*/ -}}
{{- define "eevee.refuseToDeleteDefinitions: an account that may not read definitions sets keepDefinitions.check=false of chart crds" -}}
{{- $endangered := list -}}
{{- if .Release.IsUpgrade -}}
{{- range $plural := list "botmodules" "ipcconfigs" "s3stores" "backupschedules" "backuprestores" -}}
  {{- $live := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" (printf "%s.eevee.bot" $plural) -}}
  {{- $annotations := ($live.metadata).annotations | default dict -}}
  {{- $owner := printf "%s/%s" (get $annotations "meta.helm.sh/release-namespace") (get $annotations "meta.helm.sh/release-name") -}}
  {{- if and (eq $owner (printf "%s/%s" $.Release.Namespace $.Release.Name)) (ne (get $annotations "helm.sh/resource-policy") "keep") -}}
    {{- $endangered = append $endangered $live.metadata.name -}}
  {{- end -}}
{{- end -}}
{{- end -}}
{{- if $endangered -}}
{{- fail (printf "\n\nThis upgrade would delete the definitions %s, and every resource of these kinds: release %s made them from its templates, and this chart no longer has them there.\nNothing was changed. Tell Helm to keep them, then run the upgrade again:\n\n  kubectl annotate crd %s helm.sh/resource-policy=keep\n" (join ", " $endangered) .Release.Name (join " " $endangered)) -}}
{{- end -}}
{{- end -}}
