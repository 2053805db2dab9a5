{{- /*
Fails where another operator works in a namespace that this one would watch: of two, one would do nothing. Only a rendering with access
to the cluster can detect this; the operator itself checks it, too, when it starts.

Helm fails if the account may not read the objects, and its error contains the name of the template: the name therefore states the fix.
*/ -}}
{{- define "operator.assertAlone: looks for other operators; an account that may not see Deployments and Leases sets otherOperators.check=false" -}}
{{- $release := include "operator.release" . -}}
{{- range (lookup "apps/v1" "Deployment" .Release.Namespace "").items -}}
  {{- $labels := .metadata.labels | default dict -}}
  {{- $instance := get $labels "app.kubernetes.io/instance" -}}
  {{- if and (eq (get $labels "app.kubernetes.io/part-of") "eevee") (eq (get $labels "app.kubernetes.io/component") "operator") (ne $instance $.Release.Name) -}}
    {{- fail (printf "\n\nRelease %s has an eevee operator in namespace %s already (Deployment %s): upgrade that release, or uninstall it first.\n" $instance $.Release.Namespace .metadata.name) -}}
  {{- end -}}
{{- end -}}
{{- $namespaces := (include "operator.watchedNamespaces" . | fromYaml).names -}}
{{- if include "operator.watchesOtherNamespaces" . }}{{ $namespaces = list "" }}{{ end -}}
{{- range $namespaces -}}
  {{- /* By name, which needs fewer permissions; all namespaces can only be listed. */ -}}
  {{- $leases := list -}}
  {{- if . -}}
    {{- with lookup "coordination.k8s.io/v1" "Lease" . "eevee-operator-leader" }}{{ $leases = list . }}{{ end -}}
  {{- else -}}
    {{- $leases = (lookup "coordination.k8s.io/v1" "Lease" "" "").items -}}
  {{- end -}}
  {{- range $leases -}}
    {{- $theirs := get (.metadata.annotations | default dict) "eevee.bot/operator-release" -}}
    {{- if and (eq .metadata.name "eevee-operator-leader") .spec.holderIdentity $theirs (ne $theirs $release) -}}
      {{- fail (printf "\n\nThe eevee operator of release %s works in namespace %s: uninstall it first, or do not watch that namespace. If it is gone for good, delete the Lease %s in namespace %s.\n" $theirs .metadata.namespace .metadata.name .metadata.namespace) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}
