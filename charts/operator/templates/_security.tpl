{{- /* Refuses a user that the kubelet would not start: root, where the pod or the container must not run as root. */ -}}
{{- define "operator.checkUser" -}}
{{- $pod := .Values.operator.podSecurityContext | default dict -}}
{{- $container := .Values.operator.operator.containerSecurityContext | default dict -}}
{{- $user := ternary $container $pod (hasKey $container "runAsUser") -}}
{{- $nonRoot := ternary $container $pod (hasKey $container "runAsNonRoot") -}}
{{- if and $nonRoot.runAsNonRoot (hasKey $user "runAsUser") (eq (toString $user.runAsUser) "0") -}}
  {{- $paths := dict "pod" "operator.podSecurityContext" "container" "operator.operator.containerSecurityContext" -}}
  {{- fail (printf "\n\n%s.runAsUser is 0, and %s.runAsNonRoot is true, so the pod could not start: set another user.\n" (get $paths (ternary "container" "pod" (hasKey $container "runAsUser"))) (get $paths (ternary "container" "pod" (hasKey $container "runAsNonRoot")))) -}}
{{- end -}}
{{- end -}}
